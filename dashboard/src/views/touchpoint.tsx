// A touchpoint's page: everything that is known about the stays there.

import type { JSX } from 'preact';
import {
  signals,
  type Explanation,
  type FrictionReport,
  type IncidentReport,
  type Journey,
  type Proportion,
  type RiskReport,
  type Row,
  type Signal,
  type Touchpoint,
  type TrendReport,
} from '../api/types';
import { LeavingCurve } from '../charts/curve';
import { SplitBar, SplitTable } from '../charts/split';
import { Trend } from '../charts/trend';
import { useData } from '../data';
import { count, declaredDuration, decimal, duration, estimate, interval, moment, percent } from '../format';
import { plural, t, word } from '../i18n';
import { viewHref, touchpointHref, findingHref, customerHref } from '../links';
import { newestRows } from '../map/model';
import { incidentSentence, timer } from '../sentences';
import { DataTable, Facts, IntervalBar, Loaded, Num, Quiet, Section, Stat } from '../widgets/bits';
import { GoalMark, TruthMark, VerdictBadge, VerdictMark } from '../widgets/glyphs';
import { reportParams, type ViewProps } from './context';
import { Filters } from './filters';
import { FindingItem } from './finding_item';

const findingId = (signal: Signal, row: Row): string => `${signal}:${row.touchpoint}`;

function Declared({ journey, touchpoint }: { journey: Journey; touchpoint: Touchpoint }): JSX.Element {
  const channel = (id: string): string => journey.channels.find((found) => found.id === id)?.title ?? id;
  const facts: [string, string][] = [
    [t('declared.kind'), word('kind', touchpoint.kind)],
    [t('declared.stage'), touchpoint.stage ?? t('map.any_time')],
    [t('declared.channels'), touchpoint.channels.map(channel).join(', ') || t('map.no_channel')],
    [t('declared.turn'), word('turn.short', touchpoint.turn)],
    [t('declared.silence'), declaredDuration(touchpoint.abandon_after)],
    [t('promise'), touchpoint.promise ? declaredDuration(touchpoint.promise) : ''],
    [t('declared.target'), touchpoint.target === null ? '' : percent(touchpoint.target)],
    [t('declared.on'), touchpoint.on.join(', ')],
    [t('declared.when'), touchpoint.when ?? ''],
    [t('declared.team'), touchpoint.team ?? ''],
    [t('declared.template'), touchpoint.template ?? ''],
    [t('declared.asks'), touchpoint.asks.join(', ')],
    [t('declared.needs'), touchpoint.needs.join(', ')],
    [t('owner'), touchpoint.owner],
  ];
  return <Facts facts={facts.filter(([, value]) => value)} />;
}

function Figures({
  row,
  journey,
  query,
}: {
  row: Row;
  journey: string;
  query: Record<string, string>;
}): JSX.Element {
  const drops = row.turn === 'customer' && row.window_seconds !== null;
  const figure = (
    signal: Signal,
    value: string,
    sub: string,
    what = word('signal.what', signal),
    shown = true,
  ): JSX.Element => (
    <Stat
      label={word('signal', signal)}
      value={value}
      sub={sub}
      what={what}
      href={shown ? findingHref(journey, findingId(signal, row), query) : undefined}
      tone={row.judged[signal]?.verdict === 'confirmed' ? 'bad' : undefined}
    />
  );
  const proportion = ({ interval: found, x, n }: Proportion): string =>
    `${interval(found)} · ${t('of_n', { x: count(x), n: count(n) })}`;
  const late = row.past_promise;
  const unhappy = row.feedback.negative;
  return (
    <dl class="stats">
      <Stat
        label={t('stat.entered')}
        value={count(row.entered)}
        sub={t('stat.customers', { n: count(row.customers) })}
        what={t('stat.entered.what')}
      />
      <Stat label={t('stat.open')} value={count(row.open)} what={t('stat.open.what')} />
      {figure(
        'drop_off',
        drops ? percent(row.split.dropped.share) : '–',
        drops ? interval(row.split.dropped.interval) : t('our_turn_none'),
        t('stat.drop_off.what', { horizon: duration(row.horizon_seconds) }),
        drops,
      )}
      <Stat
        label={t('stat.median')}
        value={row.dwell.median_seconds === null ? '–' : duration(row.dwell.median_seconds)}
        sub={
          row.dwell.p90_seconds === null
            ? undefined
            : t('stat.p90', { time: duration(row.dwell.p90_seconds) })
        }
        what={t('stat.median.what')}
      />
      {late.n > 0 ? figure('broken_promise', percent(late.rate), proportion(late)) : null}
      {unhappy.n > 0 ? figure('negative_feedback', percent(unhappy.rate), proportion(unhappy)) : null}
      {row.hops.forced > 0
        ? figure('forced_hop', count(row.hops.forced), t('stat.assist', { n: count(row.hops.assist_pull) }))
        : null}
      {row.waste.stays > 0
        ? figure('repeat', count(row.waste.stays), t('unit.hours', { n: estimate(row.waste.hours) }))
        : null}
    </dl>
  );
}

/// The seven signals of the touchpoint, each with its verdict; uncertainty is a verdict too.
function Verdicts({
  row,
  journey,
  query,
}: {
  row: Row;
  journey: string;
  query: Record<string, string>;
}): JSX.Element {
  const told = signals.filter((signal) => row.judged[signal] !== null);
  return (
    <DataTable
      caption={t('verdicts.title')}
      cols={[
        t('filter.signal'),
        t('filter.verdict'),
        `#${t('share')}`,
        t('interval95'),
        `#${t('verdicts.against')}`,
        t('what.link'),
      ]}
    >
      {told.map((signal) => {
        const judgement = row.judged[signal]!;
        return (
          <tr key={signal}>
            <th scope="row">{word('signal', signal)}</th>
            <td>
              <VerdictBadge verdict={judgement.verdict} />
            </td>
            <Num>{percent(judgement.rate)}</Num>
            <td>
              <IntervalBar
                rate={judgement.rate}
                interval={judgement.interval}
                baseline={judgement.baseline}
                most={1}
                hollow={judgement.verdict === 'inconclusive'}
              />{' '}
              <span class="quiet">{interval(judgement.interval)}</span>
            </td>
            <Num>{judgement.baseline === null ? '–' : percent(judgement.baseline)}</Num>
            <td>
              <a
                href={findingHref(journey, findingId(signal, row), query)}
                aria-label={`${t('what.link')}: ${word('signal', signal)}`}
              >
                {t('what.link')}
              </a>
            </td>
          </tr>
        );
      })}
    </DataTable>
  );
}

function ByChannel({ parts, journey }: { parts: Row[]; journey: Journey }): JSX.Element {
  const most = Math.max(0.05, ...parts.map((part) => part.split.dropped.interval[1]));
  return (
    <DataTable
      caption={t('by_channel')}
      cols={[
        t('channel'),
        `#${t('map.col_came')}`,
        `#${word('signal', 'drop_off')}`,
        t('interval95'),
        t('map.col_left'),
      ]}
    >
      {parts.map((part) => (
        <tr key={part.part}>
          <th scope="row">{journey.channels.find(({ id }) => id === part.part)?.title ?? part.part}</th>
          <Num>{count(part.entered)}</Num>
          <Num>
            {part.judged.drop_off ? <VerdictMark verdict={part.judged.drop_off.verdict} /> : null}{' '}
            {percent(part.split.dropped.share)}
          </Num>
          <td>
            <IntervalBar
              rate={part.split.dropped.share}
              interval={part.split.dropped.interval}
              most={Math.min(1, most * 1.05)}
              hollow={part.judged.drop_off?.verdict === 'inconclusive'}
            />{' '}
            <span class="quiet">{interval(part.split.dropped.interval)}</span>
          </td>
          <td class="wide">
            <SplitBar row={part} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function FeedbackPart({ row, report }: { row: Row; report: FrictionReport }): JSX.Element {
  const { feedback } = row;
  const words =
    report.findings.find((finding) => finding.touchpoint === row.touchpoint && finding.words !== null)
      ?.words ?? null;
  if (feedback.negative.n === 0) return <Quiet>{t('feedback.none')}</Quiet>;
  return (
    <>
      <p>
        {t('feedback.answered', { share: percent(feedback.answered.rate), n: count(feedback.negative.n) })}
        {feedback.non_response_bounds
          ? ` ${t('feedback.bounds', { low: percent(feedback.non_response_bounds[0]), high: percent(feedback.non_response_bounds[1]) })}`
          : ''}
      </p>
      <DataTable
        caption={t('feedback.title')}
        narrow
        cols={[
          t('feedback.scale'),
          `#${t('feedback.answers')}`,
          `#${t('feedback.mean')}`,
          `#${t('feedback.negative')}`,
          `#${'NPS'}`,
        ]}
      >
        {feedback.scales.map((scale) => (
          <tr key={scale.scale}>
            <th scope="row">{word('scale', scale.scale)}</th>
            <Num>{count(scale.responses)}</Num>
            <Num>
              {decimal(scale.mean, 2)} ± {decimal(scale.standard_error, 2)}
            </Num>
            <Num>{count(scale.negative)}</Num>
            <Num>
              {scale.nps === null
                ? '–'
                : `${decimal(scale.nps, 1)} ± ${decimal(scale.nps_standard_error ?? 0, 1)}`}
            </Num>
          </tr>
        ))}
      </DataTable>
      {words ? (
        <>
          <h3>{t('feedback.words')}</h3>
          {words.too_few ? (
            <Quiet>{t('feedback.too_few', { n: count(words.comments) })}</Quiet>
          ) : words.words.length === 0 ? (
            <Quiet>{t('feedback.no_words', { n: count(words.comments) })}</Quiet>
          ) : (
            <ul class="words">
              {words.words.map((found) => (
                <li key={found.text}>
                  <strong>{found.text}</strong>{' '}
                  <span class="quiet">
                    {t('feedback.word', { n: count(found.customers), other: count(found.other_customers) })}
                  </span>
                </li>
              ))}
            </ul>
          )}
          {words.examples.length ? (
            <ul class="quotes">
              {words.examples.map((text) => (
                <li key={text}>
                  <q>{text}</q>
                </li>
              ))}
            </ul>
          ) : null}
        </>
      ) : (
        <Quiet>{t('feedback.no_comments')}</Quiet>
      )}
    </>
  );
}

function AtRisk({
  journey,
  id,
  query,
  rights,
}: {
  journey: string;
  id: string;
  query: Record<string, string>;
  rights: { customers: boolean };
}): JSX.Element {
  const risk = useData<RiskReport>('/reports/risk', {
    journey,
    touchpoint: id,
    limit: 20,
    as_of: query['as_of'],
  });
  return (
    <Loaded data={risk}>
      {(value) => {
        const here = value.touchpoints.find((found) => found.touchpoint === id);
        if (!here || here.in_flight === 0) return <Quiet>{t('risk.nobody')}</Quiet>;
        return (
          <>
            <p>
              {t('risk.expected', { n: count(here.in_flight), expected: estimate(here.expected) })}
              {here.at_stake !== null ? ` ${t('cost.value', { n: estimate(here.at_stake) })}` : ''}
              {here.untold > 0 ? ` ${plural('risk.untold', here.untold, count(here.untold))}` : ''}
            </p>
            {value.quality.judged >= 50 && value.quality.skill !== null ? (
              <Quiet>
                {t('risk.quality', {
                  n: count(value.quality.judged),
                  dropped: count(value.quality.dropped),
                  expected: estimate(value.quality.expected),
                  skill: percent(value.quality.skill),
                })}
              </Quiet>
            ) : null}
            {value.customers_hidden ? (
              <Quiet>{t('risk.hidden')}</Quiet>
            ) : (
              <DataTable
                caption={t('risk.title')}
                cols={[
                  t('customer'),
                  t('channel'),
                  `#${t('risk.here_for')}`,
                  `#${t('risk.risk')}`,
                  `#${t('risk.stake')}`,
                  t('risk.silent'),
                ]}
              >
                {value.customers.map((found) => (
                  <tr key={found.customer}>
                    <th scope="row">
                      {rights.customers ? (
                        <a href={customerHref(found.customer)}>{found.customer}</a>
                      ) : (
                        found.customer
                      )}
                    </th>
                    <td>{found.channel ?? '–'}</td>
                    <Num>
                      {duration(found.age)}
                      {found.repeated ? ` ${t('risk.again')}` : ''}
                    </Num>
                    <Num sub={interval(found.interval)}>{percent(found.risk)}</Num>
                    <Num>{found.at_stake === null ? '–' : estimate(found.at_stake)}</Num>
                    <td>{found.silent_at ? moment(found.silent_at) : word('turn.short', 'us')}</td>
                  </tr>
                ))}
              </DataTable>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function Ways({
  journey,
  touchpoint,
  report,
  query,
}: {
  journey: Journey;
  touchpoint: Touchpoint;
  report: FrictionReport;
  query: Record<string, string>;
}): JSX.Element {
  const id = new Map(report.touchpoints.map((row) => [row.label, row.touchpoint]));
  const moved = (from: string, to: string): number =>
    report.moves
      .filter((move) => (id.get(move.from) ?? move.from) === from && (id.get(move.to) ?? move.to) === to)
      .reduce((sum, move) => sum + move.advanced + move.went_back, 0);
  const title = (to: string): string => journey.touchpoints.find((found) => found.id === to)?.title ?? to;
  const planned = touchpoint.next.filter((next) => next.to !== null);
  const off = [
    ...new Set(
      report.moves
        .filter((move) => (id.get(move.from) ?? move.from) === touchpoint.id)
        .map((move) => id.get(move.to) ?? move.to),
    ),
  ].filter((to) => !planned.some((next) => next.to === to));
  const target = (to: string): Touchpoint | undefined => journey.touchpoints.find((found) => found.id === to);
  const isPosition = (to: string): boolean => ['inbound', 'milestone'].includes(target(to)?.kind ?? '');
  return (
    <DataTable caption={t('ways.title')} cols={[t('to'), t('ways.how'), `#${t('map.col_customers')}`]}>
      {planned.map((next, index) => (
        <tr key={index}>
          <th scope="row">
            <a href={touchpointHref(journey.id, next.to!, query)}>{title(next.to!)}</a>
          </th>
          <td>
            {[
              word('trigger', next.trigger),
              next.after ? declaredDuration(next.after) : '',
              (next.on.length ? next.on : next.trigger === 'event' ? (target(next.to!)?.on ?? []) : []).join(
                ', ',
              ),
            ]
              .filter(Boolean)
              .join(' ')}
            {next.when ? <code class="block">{next.when}</code> : null}
          </td>
          <Num>
            {isPosition(next.to!) ? (
              count(moved(touchpoint.id, next.to!))
            ) : (
              <span class="quiet">{t('ways.beside')}</span>
            )}
          </Num>
        </tr>
      ))}
      {off.map((to) => (
        <tr key={to}>
          <th scope="row">
            <a href={touchpointHref(journey.id, to, query)}>{title(to)}</a>
          </th>
          <td>
            {journey.anywhere.some((next) => next.to === to) ? t('ways.anywhere') : word('flow', 'deviation')}
          </td>
          <Num>{count(moved(touchpoint.id, to))}</Num>
        </tr>
      ))}
    </DataTable>
  );
}

export function TouchpointView({ journey, query, id = '', latest, rights }: ViewProps): JSX.Element {
  const touchpoint = journey.touchpoints.find((found) => found.id === id);
  const params = reportParams(journey.id, query, latest);
  const report = useData<FrictionReport>(touchpoint ? '/reports/friction' : null, {
    ...params,
    by: 'channel',
  });
  const incidents = useData<IncidentReport>(touchpoint ? '/reports/incidents' : null, {
    journey: journey.id,
    as_of: query['as_of'],
  });
  const row = report.value ? (newestRows(report.value.touchpoints).get(id) ?? null) : null;
  const drops = row !== null && row.turn === 'customer' && row.window_seconds !== null && row.entered > 0;
  const explanation = useData<Explanation>(drops ? '/reports/explanation' : null, {
    ...params,
    finding: `drop_off:${id}`,
  });
  const trend = useData<TrendReport>(drops ? '/reports/trend' : null, {
    journey: journey.id,
    touchpoint: id,
    as_of: query['as_of'],
    where: params.where,
  });
  if (!touchpoint) return <p class="notice">{t('error.missing')}</p>;
  const mine = incidents.value?.incidents.filter((incident) => incident.touchpoint === id) ?? [];
  const beside = touchpoint.kind === 'outbound' || touchpoint.kind === 'handover';
  return (
    <>
      <p class="crumbs">
        <a href={viewHref(journey.id, 'map', query)}>{t('nav.map')}</a> ›{' '}
        {touchpoint.stage ?? t('map.any_time')}
      </p>
      <div class="view-head">
        <h1>
          {touchpoint.moment_of_truth ? <TruthMark /> : null}
          {touchpoint.goal ? <GoalMark /> : null}
          {touchpoint.title || touchpoint.id}
        </h1>
        {touchpoint.moment_of_truth ? <Quiet>{t('map.truth')}</Quiet> : null}
        {touchpoint.description ? <p class="headline">{touchpoint.description}</p> : null}
      </div>
      {beside ? null : (
        <div class="bar">
          <Filters
            journey={journey}
            parts={[journey.id, 'touchpoint', id]}
            query={query}
            latest={report.value?.as_of ?? latest}
            use={{ period: true, where: true, asOf: true }}
          />
        </div>
      )}
      {mine
        .filter((incident) => incident.closed === null)
        .map((incident) => (
          <p key={incident.id} class="notice problem">
            {incidentSentence(incident)}
          </p>
        ))}
      {beside ? (
        <p class="notice">{t('touchpoint.beside')}</p>
      ) : (
        <Loaded data={report}>
          {(value) =>
            row === null ? (
              <p class="notice">{t('touchpoint.nobody')}</p>
            ) : (
              <>
                <Figures row={row} journey={journey.id} query={query} />
                <Section
                  title={t('split.title')}
                  what={t('split.what', { horizon: duration(row.horizon_seconds) })}
                >
                  <SplitTable row={row} />
                  <p class="prose">
                    {t('split.censoring', {
                      entered: count(row.entered),
                      resolved: count(row.resolved),
                      open: count(row.open),
                      mature: count(row.mature),
                      worth: count(row.n_eff),
                    })}
                  </p>
                </Section>
                <Section title={t('verdicts.title')} what={t('verdicts.what')}>
                  <Verdicts row={row} journey={journey.id} query={query} />
                </Section>
                {value.findings.some((finding) => finding.touchpoint === id && finding.part === null) ? (
                  <Section title={t('touchpoint.findings')}>
                    <div class="findings">
                      {value.findings
                        .filter((finding) => finding.touchpoint === id && finding.part === null)
                        .map((finding) => (
                          <FindingItem
                            key={finding.id}
                            finding={finding}
                            report={value}
                            journey={journey.id}
                            query={query}
                            level="h3"
                          />
                        ))}
                    </div>
                  </Section>
                ) : null}
                {drops ? (
                  <Section title={t('curve.title')} what={t('curve.what')}>
                    <Loaded data={explanation}>
                      {(found) => (
                        <LeavingCurve
                          curve={found.curve}
                          horizon={row.horizon_seconds}
                          window={row.window_seconds}
                        />
                      )}
                    </Loaded>
                  </Section>
                ) : null}
                {drops ? (
                  <Section title={t('trend.title')} what={t('trend.what')}>
                    <Loaded data={trend}>
                      {({ points }) => (
                        <Trend weeks={points} incidents={mine} what={word('signal', 'drop_off')} />
                      )}
                    </Loaded>
                    {mine.length ? (
                      <ul class="prose">
                        {mine.map((incident) => (
                          <li key={incident.id}>{incidentSentence(incident)}</li>
                        ))}
                      </ul>
                    ) : (
                      <Quiet>{t('incident.none')}</Quiet>
                    )}
                  </Section>
                ) : null}
                {value.parts.some((part) => part.label === row.label) ? (
                  <Section title={t('by_channel')} what={t('by_channel.what')}>
                    <ByChannel
                      parts={value.parts.filter(
                        (part) => part.label === row.label && part.part !== null && part.entered > 0,
                      )}
                      journey={journey}
                    />
                  </Section>
                ) : null}
                <Section title={t('feedback.title')} what={t('feedback.what')}>
                  <FeedbackPart row={row} report={value} />
                </Section>
                {row.timers.length ? (
                  <Section title={t('timer.title')} what={t('timer.what')}>
                    <ul class="prose">
                      {row.timers.map((found) => (
                        <li key={`${found.unit}${found.index}`}>{timer(found)}</li>
                      ))}
                    </ul>
                  </Section>
                ) : null}
                {drops ? (
                  <Section title={t('risk.title')} what={t('risk.what')}>
                    <AtRisk journey={journey.id} id={id} query={query} rights={rights} />
                  </Section>
                ) : null}
                <Section title={t('ways.title')}>
                  <Ways journey={journey} touchpoint={touchpoint} report={value} query={query} />
                </Section>
              </>
            )
          }
        </Loaded>
      )}
      <Section title={t('declared.title')}>
        <Declared journey={journey} touchpoint={touchpoint} />
      </Section>
    </>
  );
}
