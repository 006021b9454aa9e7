// The same map as a table: for narrow screens, for screen readers, and for who wants the numbers.

import type { JSX } from 'preact';
import type { Journey } from '../api/types';
import { SplitBar } from '../charts/split';
import { count, interval, percent } from '../format';
import { t, word } from '../i18n';
import { touchpointHref } from '../links';
import { DataTable, Num, Sub } from '../widgets/bits';
import { SignalGlyph, VerdictMark } from '../widgets/glyphs';
import type { Tally } from './live';
import type { MapModel } from './model';

export function Outline({
  journey,
  model,
  query,
  tally,
}: {
  journey: Journey;
  model: MapModel;
  query: Record<string, string>;
  tally: Tally;
}): JSX.Element {
  const stages = [...journey.stages, null];
  const came = t('map.col_came');
  const now = t('map.col_here');
  const title = (id: string): string =>
    journey.touchpoints.find((touchpoint) => touchpoint.id === id)?.title ?? id;
  const ways = [...model.flows].sort((a, b) => b.count - a.count);
  return (
    <div class="outline">
      {stages.map((stage) => {
        const here = journey.touchpoints.filter(
          (touchpoint) =>
            (touchpoint.kind === 'inbound' || touchpoint.kind === 'milestone') && touchpoint.stage === stage,
        );
        if (here.length === 0) return null;
        return (
          <DataTable
            key={stage ?? ''}
            caption={stage ?? t('map.any_time')}
            hidden={false}
            cols={[
              t('touchpoint'),
              `#${came}`,
              `#${now}`,
              t('map.col_left'),
              `#${word('signal', 'drop_off')}`,
              t('map.col_signals'),
            ]}
          >
            {here.map((touchpoint) => {
              const figures = model.nodes.get(touchpoint.id)!;
              const delta = tally.nodes.get(touchpoint.id);
              const { row } = figures;
              const drops = row && row.turn === 'customer' && row.window_seconds !== null && row.entered > 0;
              return (
                <tr key={touchpoint.id}>
                  <th scope="row">
                    <a href={touchpointHref(journey.id, touchpoint.id, query)}>{touchpoint.title}</a>
                    {touchpoint.moment_of_truth ? <Sub>{t('map.truth')}</Sub> : null}
                  </th>
                  <td class="num" data-name={came}>
                    {count(figures.entered + (delta?.entered ?? 0))}
                  </td>
                  <td class="num" data-name={now}>
                    {count(Math.max(0, figures.open + (delta?.open ?? 0)))}
                  </td>
                  <td class="wide">{row && row.entered > 0 ? <SplitBar row={row} /> : '–'}</td>
                  <td class="num" data-name={word('signal', 'drop_off')}>
                    {drops ? (
                      <>
                        {row.judged.drop_off ? <VerdictMark verdict={row.judged.drop_off.verdict} /> : null}{' '}
                        {percent(row.split.dropped.share)}
                        <Sub>{interval(row.split.dropped.interval)}</Sub>
                      </>
                    ) : row ? (
                      <span class="quiet">{word('turn.short', row.turn)}</span>
                    ) : (
                      '–'
                    )}
                  </td>
                  <td>
                    {figures.found
                      .filter(({ signal }) => signal !== 'drop_off')
                      .map(({ signal, judgement }) => (
                        <span key={signal} class="signal-word">
                          <SignalGlyph signal={signal} verdict={judgement.verdict} />
                          {word('signal', signal)} {percent(judgement.rate)}{' '}
                          <span class="quiet">({word('verdict', judgement.verdict)})</span>
                        </span>
                      ))}
                  </td>
                </tr>
              );
            })}
          </DataTable>
        );
      })}
      <details class="ways">
        <summary>{t('map.ways')}</summary>
        <DataTable
          caption={t('map.ways')}
          cols={[t('from'), t('to'), `#${t('map.col_customers')}`, t('map.col_way')]}
        >
          {ways.map((flow) => (
            <tr key={`${flow.from} ${flow.to} ${flow.kind}`}>
              <td>{title(flow.from)}</td>
              <td>{title(flow.to)}</td>
              <Num>{count(flow.count + (tally.flows.get(`${flow.from} ${flow.to}`) ?? 0))}</Num>
              <td>{word('flow', flow.kind)}</td>
            </tr>
          ))}
        </DataTable>
      </details>
    </div>
  );
}
