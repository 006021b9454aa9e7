// Findings in words, composed from the report's figures. Pure.

import type { Concentration, Driver, Finding, FrictionReport, Incident, Row, SinceMended } from './api/types';
import {
  count,
  day,
  duration,
  estimate,
  interval,
  percent,
  points,
  pointsRange,
  probability,
} from './format';
import { t, word, type Key } from './i18n';

const rowOf = (report: FrictionReport, finding: Finding): Row | undefined =>
  [...report.touchpoints, ...report.parts].find(
    (row) => row.label === finding.label && row.part === finding.part,
  );

/// `Looks for a slot`, with versions and part where it is about some only.
export function subject(finding: Finding, report: FrictionReport): string {
  if (finding.scope === 'overall' || finding.touchpoint === null)
    return t('finding.overall') + (finding.part !== null ? `, ${finding.part}` : '');
  const title =
    report.touchpoints.find((row) => row.touchpoint === finding.touchpoint)?.title || finding.touchpoint;
  const versions =
    finding.label && finding.label !== finding.touchpoint
      ? ` ${finding.label.slice(finding.touchpoint.length).trim()}`
      : '';
  const part =
    finding.part === null ? '' : `, ${report.by === 'channel' ? '' : `${report.by} `}${finding.part}`;
  return title + versions + part;
}

export const findingHeadline = (finding: Finding, report: FrictionReport): string =>
  t('finding.headline', {
    subject: subject(finding, report),
    signal: word('signal', finding.signal),
    rate: percent(finding.judgement.rate),
    interval: interval(finding.judgement.interval),
  });

export function against(finding: Finding): string {
  const { baseline, baseline_source: source } = finding.judgement;
  return baseline === null || source === 'none'
    ? t('baseline.none')
    : t(`baseline.${source}` as Key, { rate: percent(baseline) });
}

export function sample(finding: Finding, report: FrictionReport): string {
  const row = rowOf(report, finding);
  if (!row) return '';
  if (finding.signal === 'negative_feedback')
    return t('sample.answers', { n: count(row.feedback.negative.n) });
  if (finding.signal === 'broken_promise') {
    const due = t('sample.due', { n: count(row.past_promise.n) });
    return row.mean_lateness_seconds > 0
      ? `${due}, ${t('sample.late', { time: duration(row.mean_lateness_seconds) })}`
      : due;
  }
  return t('sample.entered', { n: count(row.entered), worth: count(finding.judgement.n_eff) });
}

/// What it costs: customers beyond the baseline, cautiously at least so many; hours, value, what mending would bring.
export function consequences(finding: Finding): string[] {
  const { judgement } = finding;
  if (finding.verdict === 'inconclusive') {
    const ready = finding.ready ? t('cost.ready', { day: day(finding.ready) }) : '';
    return [t('cost.more_needed', { n: count(judgement.more_needed) }) + (ready ? ` ${ready}` : '')];
  }
  const said = [
    t(`cost.${finding.signal}` as Key, {
      n: estimate(judgement.affected),
      low: estimate(judgement.affected_low),
    }),
  ];
  if (finding.what_if_achieved !== null && finding.what_if_achieved >= 0.5)
    said.push(t('cost.what_if', { n: estimate(finding.what_if_achieved) }));
  if (finding.hours >= 1) said.push(t('cost.hours', { n: estimate(finding.hours) }));
  if (finding.value_at_stake > 0) said.push(t('cost.value', { n: estimate(finding.value_at_stake) }));
  return said;
}

const attributeName = (attribute: string): string => word('attribute', attribute);

/// `channel web`; of what the engine knows by itself, in words of their own.
const condition = (found: Concentration): string =>
  found.conditions
    .map(({ attribute, value }) => {
      const own = word(`condition.${attribute}`, value);
      return own === value ? `${attributeName(attribute)} ${value}` : own;
    })
    .join(t('and'));

export function concentration(found: Concentration): string {
  const said = [
    t('where.concentrates', {
      what: condition(found),
      rate: percent(found.rate),
      elsewhere: percent(found.rate_elsewhere),
      share: percent(found.n_share),
      cases: percent(found.x_share),
      excess: estimate(found.excess),
      p: probability(found.p),
    }),
  ];
  if (found.adjusted) {
    said.push(
      t(found.proxy ? 'where.proxy' : 'where.adjusted', {
        attribute: attributeName(found.adjusted.attribute),
        ratio: estimate(found.adjusted.odds_ratio.ratio),
        interval: `[${found.adjusted.odds_ratio.interval.map((end) => estimate(end)).join('–')}]`,
      }),
    );
  }
  return said.join(' ');
}

/// At the landmark that says most: the one with the smallest p of those that were tested.
export function driver(
  found: Driver,
  landmarks: { after_seconds: number }[],
  title: (id: string) => string,
): string {
  let best = -1;
  found.at.forEach((at, index) => {
    if (at.tested && (best < 0 || at.p < found.at[best]!.p)) best = index;
  });
  const at = found.at[best];
  if (!at) return '';
  const what = word('driver', found.what);
  const named = found.touchpoint === null ? what : `${what} (${title(found.touchpoint)})`;
  const said = t('driver.sentence', {
    time: duration(landmarks[best]?.after_seconds ?? 0),
    what: named,
    with: percent(at.with ? at.dropped_with / at.with : 0),
    without: percent(at.without ? at.dropped_without / at.without : 0),
    points: points(at.difference),
    interval: pointsRange(at.interval),
  });
  return found.sign_changes ? `${said} ${t('driver.sign')}` : said;
}

export function incidentSentence(incident: Incident): string {
  const since = day(incident.started);
  if (incident.drop_off) {
    return t('incident.drop_off', {
      since,
      before: percent(incident.drop_off.before),
      rate: percent(incident.drop_off.since),
      lost: estimate(incident.drop_off.lost),
      low: estimate(incident.drop_off.lost_interval[0]),
      high: estimate(incident.drop_off.lost_interval[1]),
    });
  }
  return t('incident.silence', { since, n: estimate(incident.silence?.expected ?? 0) });
}

export function timer(found: Row['timers'][number]): string {
  const when = t(found.unit === 'day' ? 'timer.day' : 'timer.hour', { n: count(found.index) });
  return t('timer.sentence', {
    when,
    events: count(found.events),
    hazard: percent(found.hazard),
    around: percent(found.neighbours),
    whose: found.silence
      ? t('timer.silence')
      : found.declared
        ? t('timer.ours', { what: found.declared })
        : t('timer.unknown'),
  });
}

/// Both shares of what is claimed mended, their difference, and what is missing where nothing can be said.
export function mended(found: SinceMended): string {
  const share = (side: SinceMended['now']): string =>
    side ? `${percent(side.rate)} ${interval(side.interval)}` : '–';
  const said = [
    t('mended.shares', {
      since: day(found.since),
      now: share(found.now),
      n: count(found.now?.n ?? 0),
      before: share(found.before),
    }),
  ];
  if (found.unsettled === 'too_early')
    said.push(found.ready ? t('mended.ready', { day: day(found.ready) }) : t('mended.early'));
  else if (found.difference !== null && found.interval)
    said.push(
      t('mended.difference', { points: points(found.difference), interval: pointsRange(found.interval) }),
    );
  if (found.unsettled === 'few_before') said.push(t('mended.few_before'));
  if (found.unsettled === 'near_margin') said.push(t('mended.near'));
  if (found.verdict === 'better') said.push(t('mended.usual'));
  if (found.more_needed) said.push(t('mended.more', { n: count(found.more_needed) }));
  return said.join(' ');
}
