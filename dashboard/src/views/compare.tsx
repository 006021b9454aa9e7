// What changed between two periods or two versions.

import type { JSX } from 'preact';
import type { ComparedSide, ComparisonReport, Decomposition, SignalChange } from '../api/types';
import { useData } from '../data';
import {
  count,
  day,
  decimal,
  duration,
  interval,
  percent,
  points,
  pointsRange,
  resolveTime,
} from '../format';
import { t, word } from '../i18n';
import { touchpointHref } from '../links';
import { go } from '../router';
import { Choice, DataTable, Loaded, Num, Section, Stat, Sub, ViewHead, What } from '../widgets/bits';
import { VerdictBadge } from '../widgets/glyphs';
import type { ViewProps } from './context';

const order = ['worse', 'better', 'no_change_seen', 'too_few'];

const side = (found: ComparedSide): string =>
  found.version !== null
    ? t('version', { n: found.version })
    : t('compare.period', {
        from: found.from ? day(found.from) : '…',
        to: found.to ? day(found.to) : t('compare.today'),
      });

function ChangeBar({ change }: { change: SignalChange }): JSX.Element | null {
  if (change.difference === null || change.interval === null) return null;
  const reach = Math.max(0.05, ...change.interval.map(Math.abs)) * 1.1;
  const at = (value: number): number => 60 + 57 * Math.max(-1, Math.min(1, value / reach));
  return (
    <svg
      class={`interval ${change.verdict === 'worse' ? 'bad' : ''} ${change.verdict === 'too_few' ? 'hollow' : ''}`}
      viewBox="0 0 120 16"
      aria-hidden="true"
    >
      <line class="axis" x1="3" x2="117" y1="8" y2="8" />
      <line class="base" x1="60" x2="60" y1="2" y2="14" />
      <line class="range" x1={at(change.interval[0])} x2={at(change.interval[1])} y1="8" y2="8" />
      <circle cx={at(change.difference)} cy="8" r="3.6" />
    </svg>
  );
}

function Splits({ splits }: { splits: Decomposition[] }): JSX.Element | null {
  if (splits.length === 0) return null;
  return (
    <ul class="details">
      {splits.map((split) => (
        <li key={split.cut}>
          {t('compare.split', {
            cut: word('attribute', split.cut),
            mix: points(split.mix),
            rate: points(split.rate),
          })}
          {split.reversal ? <strong> {t('compare.reversal')}</strong> : null}
        </li>
      ))}
    </ul>
  );
}

export function CompareView({ journey, query, latest }: ViewProps): JSX.Element {
  const versions = query['versions'];
  const base = query['as_of'] ?? latest;
  const at = (name: string): string | undefined => resolveTime(query[name], base);
  const report = useData<ComparisonReport>('/reports/compare', {
    journey: journey.id,
    versions,
    from: at('from'),
    to: at('to'),
    as_of: query['as_of'],
    ...(versions ? {} : { against_from: at('against_from'), against_to: at('against_to') }),
  });
  const set = (changes: Record<string, string>): void =>
    go([journey.id, 'compare'], { ...query, ...changes }, true);
  const numbers = journey.versions.map(({ version }) => version).sort((a, b) => a - b);
  const asDay = (name: string): string => (/^\d{4}/.test(query[name] ?? '') ? query[name]!.slice(0, 10) : '');
  const field = (name: string, label: string): JSX.Element => (
    <label>
      {label}
      <input
        type="date"
        value={asDay(name)}
        onChange={(event) => set({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <>
      <ViewHead title={t('compare.title')}>{t('compare.lead')}</ViewHead>
      <form class="filters" aria-label={t('filter.label')} onSubmit={(event) => event.preventDefault()}>
        <Choice
          label={t('compare.what')}
          value={versions ? 'versions' : 'periods'}
          options={[
            ['periods', t('compare.periods')],
            ...(numbers.length > 1 ? ([['versions', t('compare.versions')]] as const) : []),
          ]}
          onPick={(kind) =>
            go(
              [journey.id, 'compare'],
              kind === 'versions' ? { versions: numbers.slice(-2).join(',') } : {},
              true,
            )
          }
        />
        {versions ? (
          [0, 1].map((index) => (
            <Choice
              key={index}
              label={t(index ? 'compare.now' : 'compare.before')}
              value={versions.split(',')[index] ?? ''}
              options={numbers.map((number) => [String(number), t('version', { n: number })] as const)}
              onPick={(chosen) => {
                const pair = versions.split(',');
                pair[index] = chosen;
                set({ versions: pair.join(',') });
              }}
            />
          ))
        ) : (
          <>
            {field('from', t('compare.now_from'))}
            {field('to', t('compare.now_to'))}
            {field('against_from', t('compare.before_from'))}
            {field('against_to', t('compare.before_to'))}
          </>
        )}
      </form>
      <Loaded data={report}>
        {(value) => {
          const changes = value.touchpoints
            .flatMap((touchpoint) => touchpoint.signals.map((change) => ({ touchpoint, change })))
            .sort(
              (a, b) =>
                order.indexOf(a.change.verdict) - order.indexOf(b.change.verdict) ||
                Math.abs(b.change.difference ?? 0) - Math.abs(a.change.difference ?? 0),
            );
          const young = value.now.at_risk > 0 && value.now.mature < value.now.at_risk * 0.5;
          return (
            <>
              <p class="section">
                {t('compare.sides', {
                  now: side(value.now),
                  before: side(value.before),
                  n: count(value.now.instances),
                  m: count(value.before.instances),
                })}
              </p>
              {young ? (
                <p class="notice">
                  {t('compare.young', { mature: count(value.now.mature), n: count(value.now.at_risk) })}
                </p>
              ) : null}
              <dl class="stats">
                {value.achieved ? (
                  <Stat
                    label={t('compare.achieved', { time: duration(value.achieved.within_seconds) })}
                    value={`${percent(value.achieved.before.rate)} → ${percent(value.achieved.now.rate)}`}
                    sub={`${points(value.achieved.difference)} ${pointsRange(value.achieved.interval)}`}
                    what={t('compare.achieved.what')}
                  />
                ) : null}
                {order.slice(0, 2).map((verdict) => (
                  <Stat
                    key={verdict}
                    label={word('verdict', verdict)}
                    value={count(changes.filter(({ change }) => change.verdict === verdict).length)}
                    what={t('compare.count.what')}
                    tone={
                      verdict === 'worse' && changes.some(({ change }) => change.verdict === 'worse')
                        ? 'bad'
                        : undefined
                    }
                  />
                ))}
              </dl>
              <Section title={t('compare.changes')} what={t('compare.changes.what')}>
                <DataTable
                  caption={t('compare.changes')}
                  cols={[
                    t('filter.verdict'),
                    t('touchpoint'),
                    `#${t('compare.before')}`,
                    `#${t('compare.now')}`,
                    t('compare.difference'),
                  ]}
                >
                  {changes.map(({ touchpoint, change }) => (
                    <tr key={`${touchpoint.label_now}${change.signal}`}>
                      <td>
                        <VerdictBadge verdict={change.verdict} />
                      </td>
                      <th scope="row">
                        <a href={touchpointHref(journey.id, touchpoint.touchpoint, query)}>
                          {touchpoint.title}
                        </a>{' '}
                        <Sub>
                          {word('signal', change.signal)}
                          {touchpoint.changed ? ` · ${t('compare.replaced')}` : ''}
                        </Sub>
                        {change.verdict === 'worse' || change.verdict === 'better' ? (
                          <Splits splits={change.splits} />
                        ) : null}
                      </th>
                      <Num>
                        {change.before ? (
                          <>
                            {percent(change.before.rate)} <Sub>{interval(change.before.interval)}</Sub>
                          </>
                        ) : (
                          '–'
                        )}
                      </Num>
                      <Num>
                        {change.now ? (
                          <>
                            {percent(change.now.rate)} <Sub>{interval(change.now.interval)}</Sub>
                          </>
                        ) : (
                          '–'
                        )}
                      </Num>
                      <td class="nowrap">
                        <ChangeBar change={change} />
                        {change.difference !== null ? (
                          <span class="block">
                            {points(change.difference)}{' '}
                            {change.interval ? (
                              <span class="quiet">{pointsRange(change.interval)}</span>
                            ) : null}
                          </span>
                        ) : null}
                        {change.cut_short ? <Sub>{t('compare.cut_short')}</Sub> : null}
                      </td>
                    </tr>
                  ))}
                </DataTable>
              </Section>
              <Section title={t('compare.dwell')} what={t('compare.dwell.what')}>
                <DataTable
                  caption={t('compare.dwell')}
                  narrow
                  cols={[
                    t('touchpoint'),
                    `#${t('compare.before')}`,
                    `#${t('compare.now')}`,
                    `#${t('compare.within')}`,
                  ]}
                >
                  {value.touchpoints
                    .filter(({ dwell }) => dwell !== null)
                    .map(({ label_now: label, title, dwell }) => (
                      <tr key={label}>
                        <th scope="row">{title}</th>
                        <Num>{t('unit.hours', { n: decimal(dwell!.before_hours, 1) })}</Num>
                        <Num>{t('unit.hours', { n: decimal(dwell!.now_hours, 1) })}</Num>
                        <Num>{duration(dwell!.within_seconds)}</Num>
                      </tr>
                    ))}
                </DataTable>
              </Section>
              <p class="quiet section">
                {t('compare.no_proof')} <What text={t('compare.no_proof.what')} />
              </p>
            </>
          );
        }}
      </Loaded>
    </>
  );
}
