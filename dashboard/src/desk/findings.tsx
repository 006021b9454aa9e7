// What the check says of the draft, beneath it: each with its place, which a press leads to.

import type { JSX } from 'preact';
import type { ApiError } from '../api/client';
import { count } from '../format';
import { plural, t, word } from '../i18n';
import { href } from '../router';
import type { DraftFinding, Where } from './api';
import { SeverityMark } from './layers';
import { Ticked } from './ticked';

interface ListProps {
  file: string;
  findings: readonly DraftFinding[];
  failed: ApiError | null;
  onJump: (where: Where) => void;
}

/// `2 errors, 1 warning`, or that there are none.
export function sumOf(findings: readonly DraftFinding[]): string {
  const of = (severity: DraftFinding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const errors = of('error');
  const warnings = of('warning');
  const parts = [
    errors ? plural('desk.errors', errors, count(errors)) : '',
    warnings ? plural('desk.warnings', warnings, count(warnings)) : '',
  ].filter(Boolean);
  return parts.join(', ') || t('desk.no_findings');
}

/// A place in this file, to jump to; of another file, a link that opens it at the desk.
function PlaceOf({
  where,
  file,
  onJump,
}: { where: Where; file: string } & Pick<ListProps, 'onJump'>): JSX.Element {
  const place = t('desk.place', { line: count(where.line), column: count(where.column) });
  return where.file === file ? (
    <button type="button" class="plain-button" onClick={() => onJump(where)}>
      {place}
    </button>
  ) : (
    <a href={href(['@desk', 'open'], { file: where.file })}>
      {where.file}: {place}
    </a>
  );
}

export function Findings({ file, findings, failed, onJump }: ListProps): JSX.Element {
  return (
    <section class="desk-findings" aria-label={t('desk.findings')}>
      <p
        role="status"
        class={`desk-sum ${failed || findings.some(({ severity }) => severity === 'error') ? 'bad' : ''}`}
      >
        {failed ? failed.detail || t('desk.check_failed') : sumOf(findings)}
      </p>
      {findings.length > 0 ? (
        <ol>
          {findings.map((finding, index) => (
            <li key={`${index} ${finding.code}`} class={finding.severity}>
              <SeverityMark severity={finding.severity} />
              <div>
                <p>
                  <strong>{word('desk.severity', finding.severity)}</strong>{' '}
                  <PlaceOf where={finding.where} file={file} onJump={onJump} />{' '}
                  <Ticked text={finding.message} /> <span class="quiet">{finding.code}</span>
                </p>
                {finding.hint ? (
                  <p class="desk-hint">
                    {t('desk.hint')} <Ticked text={finding.hint} />
                  </p>
                ) : null}
                {finding.notes.map((note) => (
                  <p key={note.message} class="desk-hint">
                    <PlaceOf where={note.where} file={file} onJump={onJump} /> <Ticked text={note.message} />
                  </p>
                ))}
              </div>
            </li>
          ))}
        </ol>
      ) : null}
    </section>
  );
}
