// What the check says of the draft, beneath it: each with its place, which a press leads to.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import { count } from '../format';
import { plural, t, word } from '../i18n';
import { href } from '../router';
import type { DraftFinding, Where } from './api';
import { SeverityMark } from './layers';
import { Ticked } from './ticked';

interface ListProps {
  file: string;
  files: ReadonlySet<string>; ///< those that the desk opens: channels.yaml, for one, is not among them
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

/// A place in this file, to jump to; of another journey file, a link that opens it there.
function PlaceOf({
  where,
  file,
  files,
  onJump,
}: { where: Where } & Pick<ListProps, 'file' | 'files' | 'onJump'>): JSX.Element {
  const place = t('desk.place', { line: count(where.line), column: count(where.column) });
  if (where.file === file)
    return (
      <button type="button" class="plain-button" onClick={() => onJump(where)}>
        {place}
      </button>
    );
  const named = `${where.file}: ${place}`;
  return files.has(where.file) ? (
    <a href={href(['@desk', 'open'], { file: where.file, line: String(where.line) })}>{named}</a>
  ) : (
    <span>{named}</span>
  );
}

/// `value` once it has been the same for a while: to be read aloud, where each key would bring another one.
function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), settling);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

const settling = 1200; // ms

export function Findings({ file, files, findings, failed, onJump }: ListProps): JSX.Element {
  const sum = failed ? t('desk.check_failed') : sumOf(findings);
  const told = useSettled(sum);
  return (
    <section class="desk-findings" aria-label={t('desk.findings')}>
      <p class="hidden" role="status">
        {told}
      </p>
      <p class={`desk-sum ${failed || findings.some(({ severity }) => severity === 'error') ? 'bad' : ''}`}>
        {failed?.detail ? <Ticked text={failed.detail} /> : sum}
      </p>
      {findings.length > 0 ? (
        <ol>
          {findings.map((finding, index) => (
            <li key={`${index} ${finding.code}`} class={finding.severity}>
              <SeverityMark severity={finding.severity} />
              <div>
                <p>
                  <strong>{word('desk.severity', finding.severity)}</strong>{' '}
                  <PlaceOf where={finding.where} file={file} files={files} onJump={onJump} />{' '}
                  <Ticked text={finding.message} /> <span class="quiet">{finding.code}</span>
                </p>
                {finding.hint ? (
                  <p class="desk-hint">
                    {t('desk.hint')} <Ticked text={finding.hint} />
                  </p>
                ) : null}
                {finding.notes.map((note) => (
                  <p key={note.message} class="desk-hint">
                    <PlaceOf where={note.where} file={file} files={files} onJump={onJump} />{' '}
                    <Ticked text={note.message} />
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
