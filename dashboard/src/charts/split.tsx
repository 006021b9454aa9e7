// The honest split: how stays were left by the horizon, with what is still open, as one bar that sums to 100 %.

import type { JSX } from 'preact';
import type { Cause, Row } from '../api/types';
import { interval, percent } from '../format';
import { t, word } from '../i18n';
import { Sub } from '../widgets/bits';

export const causeOrder: Cause[] = [
  'achieved',
  'advanced',
  'hopped',
  'went_back',
  'exited',
  'open',
  'dropped',
];

export function SplitBar({ row }: { row: Row }): JSX.Element {
  return (
    <span class="split" aria-hidden="true">
      {causeOrder.map((cause) =>
        row.split[cause].share > 0.0005 ? (
          <span key={cause} class={`part ${cause}`} style={{ flexGrow: row.split[cause].share * 1000 }} />
        ) : null,
      )}
    </span>
  );
}

export function SplitTable({ row }: { row: Row }): JSX.Element {
  return (
    <>
      <SplitBar row={row} />
      <table class="plain split-table">
        <caption>{t('split.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('split.cause')}</th>
            <th scope="col" class="num">
              {t('share')}
            </th>
            <th scope="col" class="num">
              {t('interval95')}
            </th>
          </tr>
        </thead>
        <tbody>
          {causeOrder
            .filter((cause) => cause === 'open' || cause === 'dropped' || row.split[cause].share > 0)
            .map((cause) => (
              <tr key={cause}>
                <th scope="row">
                  <span class={`key part ${cause}`} aria-hidden="true" />
                  {word('cause', cause)}
                  <Sub>{word('cause.what', cause)}</Sub>
                </th>
                <td class="num">
                  {cause === 'dropped' && (row.turn !== 'customer' || row.window_seconds === null)
                    ? t('our_turn_none')
                    : percent(row.split[cause].share)}
                </td>
                <td class="num quiet">{interval(row.split[cause].interval)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}
