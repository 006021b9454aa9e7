// What a finding rests on in words, composed from the explanation's figures. Pure.

import type { ExplanationFigures, Signal, Verdict } from './api/types';
import {
  count,
  decimal,
  duration,
  estimate,
  interval,
  moment,
  percent,
  points,
  pointsRange,
  probability,
} from './format';
import { t, word, type Key } from './i18n';

/// Sentences by section. Nothing was tested where there is nothing to compare with.
export interface Explained {
  population: string[];
  counted: string[];
  baseline: string;
  tested: string[];
}

export const explained = (
  figures: ExplanationFigures,
  about: { signal: Signal; verdict: Verdict; asOf: string },
): Explained => ({
  population: population(figures),
  counted: counted(figures, about.signal, about.asOf),
  baseline: baseline(figures),
  tested: figures.test ? tested(figures.test, figures.baseline.source, about.verdict) : [],
});

function population({ population: all }: ExplanationFigures): string[] {
  const said = [
    t('explained.population', {
      customers: count(all.customers),
      journeys: count(all.instances),
      stays: count(all.stays),
    }),
  ];
  if (all.from) said.push(t('explained.from', { time: moment(all.from) }));
  if (all.to) said.push(t('explained.to', { time: moment(all.to) }));
  if (all.where) said.push(t('explained.where', { where: all.where }));
  if (all.achieved_observed !== null)
    said.push(t('explained.achieved', { rate: percent(all.achieved_observed) }));
  return said;
}

function counted({ stays, estimate: found }: ExplanationFigures, signal: Signal, asOf: string): string[] {
  const said = [word('signal.what', signal)];
  if (stays)
    said.push(
      t('explained.stays', {
        entered: count(stays.entered),
        customers: count(stays.customers),
        time: moment(asOf),
        resolved: count(stays.resolved),
        open: count(stays.open),
        horizon: duration(stays.horizon_seconds),
        mature: count(stays.mature),
      }),
    );
  const worth = decimal(found.n_eff, 1);
  said.push(
    found.x === null || found.n === null
      ? t('explained.censored', { worth })
      : t('explained.of', { x: count(found.x), n: count(found.n), worth }),
  );
  if (found.variance !== null && found.design_effect !== null)
    said.push(
      t('explained.variance', {
        variance: decimal(found.variance, 6),
        effect: decimal(found.design_effect, 2),
      }),
    );
  if (found.mean_lateness_seconds)
    said.push(t('explained.late', { time: duration(found.mean_lateness_seconds) }));
  said.push(t('explained.rate', { rate: percent(found.rate), interval: interval(found.interval) }));
  return said;
}

const baseline = ({ baseline: against }: ExplanationFigures): string =>
  t(`explained.baseline.${against.source}` as Key, {
    rate: percent(against.rate ?? 0),
    n: count(against.cells),
    shrunk: percent(against.shrunk),
    from: against.from ? moment(against.from) : '',
    to: against.to ? moment(against.to) : '',
  });

function tested(
  test: NonNullable<ExplanationFigures['test']>,
  source: ExplanationFigures['baseline']['source'],
  verdict: Verdict,
): string[] {
  const said = [
    t('explained.excess', {
      points: points(test.excess),
      interval: pointsRange(test.excess_interval),
      margin: points(test.margin),
    }),
  ];
  if (!test.tested) return [...said, t('explained.untested', { n: count(test.more_needed) })];
  said.push(
    t(source === 'target' ? 'explained.plain.binomial' : 'explained.plain.fisher', {
      p: probability(test.p_plain_alone ?? 1),
      m: count(test.m),
      adjusted: probability(test.p_plain ?? 1),
    }),
    t('explained.material', {
      p: probability(test.p_material_alone ?? 1),
      adjusted: probability(test.p_material ?? 1),
    }),
    t('explained.verdict', { q: percent(test.q), verdict: word('verdict', verdict) }),
  );
  if (test.explained)
    said.push(
      t('explained.otherwise', {
        segment: test.explained.segment,
        ratio: estimate(test.explained.odds_ratio),
        adjusted: estimate(test.explained.adjusted),
      }),
    );
  said.push(
    t('explained.affected', {
      n: estimate(test.affected),
      reach: percent(test.reach),
      low: estimate(test.affected_low),
    }),
  );
  return said;
}
