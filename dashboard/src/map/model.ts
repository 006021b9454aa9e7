// What was counted, brought to the touchpoints and ways of the map. Pure.

import type { FrictionReport, Interval, Journey, JourneyMap, Judgement, Row, Signal } from '../api/types';
import { signals } from '../api/types';
import type { Flow } from './flows';

export interface NodeFigures {
  known: boolean; ///< false: not counted under this filter
  entered: number;
  open: number;
  row: Row | null;
  byChannel: Map<string, Row>;
  found: { signal: Signal; judgement: Judgement }[]; ///< confirmed and suspected first, then inconclusive
}

export interface MapModel {
  nodes: Map<string, NodeFigures>;
  flows: Flow[];
  emotions: Emotion[];
}

export interface Emotion {
  stage: string;
  n: number;
  content: number;
  interval: Interval;
  touchpoints: { id: string; n: number; content: number; interval: Interval }[];
}

const rankOf = { confirmed: 0, suspected: 1, inconclusive: 2, fine: 3, none: 4 } as const;

export function foundAt(row: Row): { signal: Signal; judgement: Judgement }[] {
  return signals
    .map((signal) => ({ signal, judgement: row.judged[signal] }))
    .filter(
      (found): found is { signal: Signal; judgement: Judgement } =>
        found.judgement !== null && rankOf[found.judgement.verdict] < 3,
    )
    .sort((a, b) => rankOf[a.judgement.verdict] - rankOf[b.judgement.verdict]);
}

/// The row of a touchpoint: of the versions in which it differed, the newest.
export function newestRows(rows: readonly Row[]): Map<string, Row> {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const earlier = newest.get(row.touchpoint);
    if (!earlier || Math.max(...row.versions) > Math.max(...earlier.versions))
      newest.set(row.touchpoint, row);
  }
  return newest;
}

/// Wilson (1927) at 95 %: the same interval that the reports print.
export function wilson(x: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const p = x / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

const flip = ([low, high]: Interval): Interval => [1 - high, 1 - low];

/// Share of answers that are not negative, by stage; scales are never mixed in a mean, their negative shares may be.
export function emotionsOf(journey: Journey, rows: Iterable<Row>): Emotion[] {
  const all = [...rows];
  return journey.stages.map((stage) => {
    const here = all.filter((row) => row.stage === stage && row.feedback.negative.n > 0);
    const n = here.reduce((sum, row) => sum + row.feedback.negative.n, 0);
    const x = here.reduce((sum, row) => sum + row.feedback.negative.x, 0);
    return {
      stage,
      n,
      content: n ? 1 - x / n : 0,
      interval: flip(wilson(x, n)),
      touchpoints: here.map(({ touchpoint, feedback }) => ({
        id: touchpoint,
        n: feedback.negative.n,
        content: 1 - feedback.negative.rate,
        interval: flip(feedback.negative.interval),
      })),
    };
  });
}

/// A way from channel to channel that customers were made to go.
export interface ForcedHop {
  from: string;
  to: string;
  n: number;
  share: number; ///< of all that were made to change here
}

export const forcedHops = (row: Row): ForcedHop[] =>
  row.hops.pairs
    .filter(({ forced }) => forced > 0)
    .map(({ from, to, forced }) => ({ from, to, n: forced, share: forced / row.hops.forced }));

/// The ways: from the map; under a filter from the report's moves.
function flowsOf(
  journey: Journey,
  map: JourneyMap | null,
  report: FrictionReport | null,
  filtered: boolean,
): Flow[] {
  const positions = new Set(
    journey.touchpoints.filter(({ kind }) => kind === 'inbound' || kind === 'milestone').map(({ id }) => id),
  );
  const declared = new Map<string, Flow>();
  const add = (from: string, to: string, count: number, kind: Flow['kind']): void => {
    if (!positions.has(from) || !positions.has(to) || from === to) return;
    const key = `${from} ${to} ${kind === 'deviation'}`;
    const flow = declared.get(key);
    if (flow) flow.count += count;
    else declared.set(key, { from, to, count, kind });
    if (count > 0 && kind === 'declared') declared.get(key)!.kind = 'declared';
  };
  for (const { id, next } of journey.touchpoints)
    for (const { to } of next) if (to !== null) add(id, to, 0, 'unused');
  if (map && !filtered) {
    for (const { from, to, count, deviation } of map.flows)
      if (count > 0) add(from, to, count, deviation ? 'deviation' : 'declared');
  } else if (report) {
    const id = new Map(report.touchpoints.map((row) => [row.label, row.touchpoint]));
    for (const { from, to, advanced, went_back: back, deviation } of report.moves) {
      const a = id.get(from) ?? from;
      const b = id.get(to) ?? to;
      if (advanced + back > deviation) add(a, b, advanced + back - deviation, 'declared');
      if (deviation > 0) add(a, b, deviation, 'deviation');
    }
  }
  return [...declared.values()];
}

export function modelOf(
  journey: Journey,
  map: JourneyMap | null,
  report: FrictionReport | null,
  filtered: boolean,
): MapModel {
  const rows = newestRows(report?.touchpoints ?? []);
  const nodes = new Map<string, NodeFigures>();
  const counted = new Map(map?.touchpoints.map((touchpoint) => [touchpoint.id, touchpoint]));
  for (const { id } of journey.touchpoints) {
    const row = rows.get(id) ?? null;
    const seen = counted.get(id);
    const byChannel = new Map<string, Row>();
    if (report?.by === 'channel') {
      for (const part of report.parts)
        if (row && part.label === row.label && part.part !== null) byChannel.set(part.part, part);
    }
    nodes.set(id, {
      known: filtered ? row !== null : seen !== undefined || row !== null,
      entered: filtered && row ? row.entered : (seen?.entered ?? row?.entered ?? 0),
      open: filtered && row ? row.open : (seen?.open ?? row?.open ?? 0),
      row,
      byChannel,
      found: row ? foundAt(row) : [],
    });
  }
  return {
    nodes,
    flows: flowsOf(journey, map, report, filtered),
    emotions: emotionsOf(journey, rows.values()),
  };
}
