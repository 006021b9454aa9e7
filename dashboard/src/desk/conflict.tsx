// Somebody else changed the file meanwhile: their text beside mine, and which of the two goes on.

import type { JSX, RefObject } from 'preact';
import { useMemo } from 'preact/hooks';
import { t } from '../i18n';
import type { FileAnswer } from './api';
import { difference } from './difference';

const sign = { same: ' ', theirs: '−', mine: '+', gap: '⋯' } as const;

export function Conflict({
  box,
  theirs,
  mine,
  onMine,
  onTheirs,
}: {
  box: RefObject<HTMLDivElement>; ///< takes the focus
  theirs: FileAnswer;
  mine: string;
  onMine: () => void;
  onTheirs: () => void;
}): JSX.Element {
  const rows = useMemo(() => difference(theirs.text, mine), [theirs.text, mine]);
  return (
    <section
      class="notice problem conflict outcome"
      aria-label={t('desk.difference')}
      tabIndex={-1}
      ref={box}
    >
      <p role="alert">
        <strong>{t('desk.conflict')}</strong>
      </p>
      <div class="difference" tabIndex={0} role="group" aria-label={t('desk.difference')}>
        {rows.map(({ kind, text }, index) => (
          <div key={index} class={kind}>
            <span aria-hidden="true">{sign[kind]}</span>
            {kind === 'mine' || kind === 'theirs' ? <span class="hidden">{t(`desk.${kind}`)}</span> : null}
            {text}
          </div>
        ))}
      </div>
      <p class="quiet">{t('desk.difference_key')}</p>
      <button type="button" onClick={onMine}>
        {t('desk.keep_mine')}
      </button>{' '}
      <button type="button" onClick={onTheirs}>
        {t('desk.take_theirs')}
      </button>
    </section>
  );
}
