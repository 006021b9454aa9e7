// Which version the draft is, beside the one that runs.

import type { JSX } from 'preact';
import { count } from '../format';
import { t } from '../i18n';
import type { DraftVersion } from './api';

/// What is said of a draft's version.
export function versionWords({ number, published, changed, running }: DraftVersion): string {
  const n = count(number);
  const other = running === null ? '' : count(running);
  if (published && changed) return t('desk.version.taken', { n });
  if (published) return number === running ? t('desk.version.runs', { n }) : t('desk.version.was', { n });
  return running === null ? t('desk.version.first', { n }) : t('desk.version.new', { n, running: other });
}

export function VersionLine({
  version,
  writable,
  onVersion,
}: {
  version: DraftVersion | null;
  writable: boolean;
  onVersion: (version: number) => void;
}): JSX.Element | null {
  if (!version) return null;
  const next = Math.max(version.number, version.running ?? 0) + 1;
  const taken = version.published && version.changed;
  return (
    <p class={`version-line ${taken ? 'taken' : ''}`}>
      {versionWords(version)}
      {taken && writable ? (
        <>
          {' '}
          <button type="button" onClick={() => onVersion(next)}>
            {t('desk.make_version', { n: count(next) })}
          </button>
        </>
      ) : null}
    </p>
  );
}
