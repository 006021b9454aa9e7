// Where everything on the map stands. Pure: the same journey gives the same picture, whatever was counted.
//
// Stages are groups of columns in the order of the file, channels are lanes. A position (inbound, milestone) is a
// card that spans the lanes it lives in; a message or task is a chip in the lane it leaves by, in the column of the
// position that leads to it.

import type { Journey, Touchpoint } from '../api/types';
import { orderLanes } from './lanes';

export const sizes = {
  card: 134,
  chip: 118,
  corridor: 52,
  chipCorridor: 24,
  stageGap: 18,
  stageHead: 46,
  lanePad: 7,
  laneLeast: 44,
  cell: 32,
  chipHeight: 40,
  chipGap: 5,
  leak: 38,
  side: 14,
  bypass: 26,
} as const;

/// The lane of touchpoints that declare no channel.
export const noLane = '';

export interface Lane {
  id: string;
  y: number;
  height: number;
}
export interface Column {
  x: number;
  width: number;
  stage: number;
}
export interface StageBand {
  name: string | null;
  x: number;
  width: number;
}
export interface Run {
  y: number;
  height: number;
  lanes: string[];
}

export interface Placed {
  touchpoint: Touchpoint;
  beside: boolean; ///< a message or task
  column: number;
  stage: number;
  x: number;
  width: number;
  home: Run; ///< where its text stands
  leak: number; ///< room beneath the home for those who fall silent
  satellites: Run[]; ///< its other lanes, where they do not lie beside the home
  ports: { lane: string; y: number }[];
  carrier: string | null; ///< of a chip: the touchpoint that leads to it
}

export interface Layout {
  width: number;
  height: number; ///< of the lanes; what stands beneath them begins here
  lanes: Lane[];
  columns: Column[];
  stages: StageBand[];
  placed: Map<string, Placed>;
  order: string[]; ///< ids by column, then from the top: the way of the arrow keys
}

const isBeside = (touchpoint: Touchpoint): boolean =>
  touchpoint.kind === 'outbound' || touchpoint.kind === 'handover';

const targets = (touchpoint: Touchpoint): string[] => [
  ...new Set(touchpoint.next.map((transition) => transition.to).filter((to): to is string => to !== null)),
];

/// The stage of each touchpoint, by index: its own, else that of the nearest touchpoint that leads to it. What is
/// reached from anywhere, and what follows from it alone, belongs to no stage: index `stages.length`.
export function stagesOf(journey: Journey): Map<string, number> {
  const any = journey.stages.length;
  const stage = new Map<string, number>();
  for (const touchpoint of journey.touchpoints) {
    if (touchpoint.stage !== null) stage.set(touchpoint.id, journey.stages.indexOf(touchpoint.stage));
  }
  if (any === 0) return new Map(journey.touchpoints.map((touchpoint) => [touchpoint.id, 0]));
  for (const { to } of journey.anywhere) if (to !== null && !stage.has(to)) stage.set(to, any);
  for (let changed = true; changed; ) {
    changed = false;
    const before = new Map(stage);
    for (const touchpoint of journey.touchpoints) {
      const own = before.get(touchpoint.id);
      if (own === undefined) continue;
      for (const to of targets(touchpoint)) {
        if (stage.has(to)) continue;
        stage.set(to, own);
        changed = true;
      }
    }
  }
  for (const { id } of journey.touchpoints) if (!stage.has(id)) stage.set(id, any);
  return stage;
}

/// How many steps into its stage each position comes: the longest declared way, without the transitions that close a
/// cycle, which are found depth first from the starts.
export function ranksOf(journey: Journey, stage: Map<string, number>): Map<string, number> {
  const byId = new Map(journey.touchpoints.map((touchpoint) => [touchpoint.id, touchpoint]));
  const forward = new Map<string, string[]>();
  const state = new Map<string, 'open' | 'done'>();
  const topological: string[] = [];
  const visit = (id: string): void => {
    state.set(id, 'open');
    const kept: string[] = [];
    for (const to of targets(byId.get(id)!)) {
      const next = byId.get(to);
      if (!next || isBeside(next)) continue;
      if (!state.has(to)) visit(to);
      if (state.get(to) === 'done') kept.push(to);
    }
    forward.set(id, kept);
    state.set(id, 'done');
    topological.unshift(id);
  };
  const positions = journey.touchpoints.filter((touchpoint) => !isBeside(touchpoint));
  for (const starts of [true, false])
    for (const { id, start } of positions) if (start === starts && !state.has(id)) visit(id);
  const rank = new Map(positions.map(({ id }) => [id, 0]));
  for (const id of topological)
    for (const to of forward.get(id)!)
      if (stage.get(to) === stage.get(id)) rank.set(to, Math.max(rank.get(to)!, rank.get(id)! + 1));
  return rank;
}

/// The position that leads to each message and task, and through which touchpoint: breadth first, in the file's order.
export function carriersOf(journey: Journey): Map<string, { position: string | null; from: string | null }> {
  const byId = new Map(journey.touchpoints.map((touchpoint) => [touchpoint.id, touchpoint]));
  const carrier = new Map<string, { position: string | null; from: string | null }>();
  const queue: { position: string | null; at: Touchpoint }[] = journey.touchpoints
    .filter((touchpoint) => !isBeside(touchpoint))
    .map((at) => ({ position: at.id, at }));
  for (const { to } of journey.anywhere) {
    const touchpoint = to === null ? undefined : byId.get(to);
    if (!touchpoint || !isBeside(touchpoint) || carrier.has(touchpoint.id)) continue;
    carrier.set(touchpoint.id, { position: null, from: null });
    queue.push({ position: null, at: touchpoint });
  }
  for (let head = 0; head < queue.length; ++head) {
    const { position, at } = queue[head]!;
    for (const to of targets(at)) {
      const touchpoint = byId.get(to);
      if (!touchpoint || !isBeside(touchpoint) || carrier.has(to)) continue;
      carrier.set(to, { position, from: at.id });
      queue.push({ position, at: touchpoint });
    }
  }
  return carrier;
}

const lanesOf = (touchpoint: Touchpoint): string[] =>
  touchpoint.channels.length ? touchpoint.channels : [noLane];

/// Lines of a title in a card, broken at words.
export function titleLines(title: string): number {
  const perLine = 12;
  let lines = 1;
  let used = 0;
  for (const part of title.split(/\s+/)) {
    if (used > 0 && used + 1 + part.length > perLine) {
      ++lines;
      used = part.length;
    } else {
      used += (used ? 1 : 0) + part.length;
    }
  }
  return Math.min(lines, 4);
}

/// Silence is a drop-off only where the customer is to act, and may be taken for leaving.
const leaks = (touchpoint: Touchpoint): boolean =>
  touchpoint.turn === 'customer' && touchpoint.abandon_after !== 'never' && touchpoint.ends === null;

/// How high a card is: title, count, split and two rows of signals, whether or not there are any, so that nothing moves
/// when figures arrive. `leak` is the room beneath it for those who fall silent.
const cardHeight = (touchpoint: Touchpoint, bare: boolean): number =>
  (bare ? 44 : 106) + titleLines(touchpoint.title) * 20;
const leakOf = (touchpoint: Touchpoint, bare: boolean): number =>
  leaks(touchpoint) && !bare ? sizes.leak : 0;

interface Draft {
  touchpoint: Touchpoint;
  column: number;
  lanes: number[];
}

/// The lanes at `indexes` as groups of neighbours.
function runsOf(indexes: number[]): number[][] {
  const runs: number[][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last.at(-1) === index - 1) last.push(index);
    else runs.push([index]);
  }
  return runs;
}

/// The run in which the text stands: the longest, of equals the one with the channel that is declared first.
function homeOf(runs: number[][], first: number): number[] {
  const longest = Math.max(...runs.map((run) => run.length));
  const candidates = runs.filter((run) => run.length === longest);
  return candidates.find((run) => run.includes(first)) ?? candidates[0]!;
}

/// `bare`: without room for figures, as for a draft that nobody has walked yet.
export function layOut(journey: Journey, bare = false): Layout {
  const stage = stagesOf(journey);
  const rank = ranksOf(journey, stage);
  const carriers = carriersOf(journey);
  const positions = journey.touchpoints.filter((touchpoint) => !isBeside(touchpoint));
  const beside = journey.touchpoints.filter(isBeside);

  const used = new Set(journey.touchpoints.flatMap((touchpoint) => lanesOf(touchpoint)));
  const named = journey.channels.map(({ id }) => id).filter((id) => used.has(id));
  const strays = [...used].filter((id) => id !== noLane && !named.includes(id)).sort();
  const laneIds = orderLanes(
    [...named, ...strays],
    journey.touchpoints.map((touchpoint) => ({
      channels: touchpoint.channels,
      weight: isBeside(touchpoint) ? 1 : 3,
    })),
  );
  if (used.has(noLane)) laneIds.push(noLane);
  const laneIndex = new Map(laneIds.map((id, index) => [id, index]));

  // Columns: of each stage, rank by rank; who would lie over another card goes one further.
  const columnStage: number[] = [];
  const columnIsChips: boolean[] = [];
  const cards: Draft[] = [];
  const chips: Draft[] = [];
  const stageCount = journey.stages.length + 1;
  const overlaps = (drafts: Draft[], column: number, low: number, high: number): boolean =>
    drafts.some(
      (draft) =>
        draft.column === column && Math.min(...draft.lanes) <= high && Math.max(...draft.lanes) >= low,
    );
  for (let at = 0; at < stageCount; ++at) {
    const here = positions.filter(({ id }) => stage.get(id) === at);
    const ranks = [...new Set(here.map(({ id }) => rank.get(id)!))].sort((a, b) => a - b);
    const firstColumn = columnStage.length;
    for (const step of ranks) {
      const base = columnStage.length;
      columnStage.push(at);
      columnIsChips.push(false);
      for (const touchpoint of here.filter(({ id }) => rank.get(id) === step)) {
        const lanes = lanesOf(touchpoint).map((lane) => laneIndex.get(lane)!);
        let column = base;
        while (overlaps(cards, column, Math.min(...lanes), Math.max(...lanes))) ++column;
        while (columnStage.length <= column) {
          columnStage.push(at);
          columnIsChips.push(false);
        }
        cards.push({ touchpoint, column, lanes });
      }
    }
    const messages = beside.filter(({ id }) => stage.get(id) === at);
    if (messages.length > 0 && columnStage.length === firstColumn) {
      columnStage.push(at);
      columnIsChips.push(true);
    }
    for (const touchpoint of messages) {
      const position = carriers.get(touchpoint.id)?.position ?? null;
      const own = cards.find((card) => card.touchpoint.id === position);
      const preferred = own && columnStage[own.column] === at ? own.column : firstColumn;
      const lane = laneIndex.get(lanesOf(touchpoint)[0]!)!;
      const covered = (column: number): boolean =>
        cards.some((card) => card.column === column && card.lanes.includes(lane));
      let column = preferred;
      if (covered(column)) {
        column = preferred + 1;
        if (columnStage[column] !== at || !columnIsChips[column]) {
          columnStage.splice(column, 0, at);
          columnIsChips.splice(column, 0, true);
          for (const draft of [...cards, ...chips]) if (draft.column >= column) ++draft.column;
        }
      }
      chips.push({ touchpoint, column, lanes: [lane] });
    }
  }

  // Lanes: as high as what stands in them needs.
  const heights = laneIds.map(() => sizes.laneLeast as number);
  const stack = new Map<string, Draft[]>();
  for (const chip of chips) {
    const key = `${chip.column}/${chip.lanes[0]}`;
    stack.set(key, [...(stack.get(key) ?? []), chip]);
  }
  for (const drafts of stack.values()) {
    const lane = drafts[0]!.lanes[0]!;
    const needed = drafts.length * (sizes.chipHeight + sizes.chipGap) - sizes.chipGap + 2 * sizes.lanePad;
    heights[lane] = Math.max(heights[lane]!, needed);
  }
  const homes = new Map<Draft, number[]>();
  for (const card of cards)
    homes.set(card, homeOf(runsOf(card.lanes), laneIndex.get(lanesOf(card.touchpoint)[0]!)!));
  for (const [card, home] of [...homes].sort((a, b) => a[1].length - b[1].length)) {
    const needed = cardHeight(card.touchpoint, bare) + leakOf(card.touchpoint, bare) + 2 * sizes.lanePad;
    const missing = needed - home.reduce((sum, lane) => sum + heights[lane]!, 0);
    if (missing > 0) for (const lane of home) heights[lane]! += missing / home.length;
  }
  const lanes: Lane[] = [];
  let y = sizes.stageHead + sizes.bypass;
  for (const [index, id] of laneIds.entries()) {
    lanes.push({ id, y, height: heights[index]! });
    y += heights[index]!;
  }

  // From left to right.
  const columns: Column[] = [];
  const stages: StageBand[] = [];
  let x: number = sizes.side;
  for (const [index, at] of columnStage.entries()) {
    const width = columnIsChips[index] ? sizes.chip : sizes.card;
    if (index > 0) {
      const same = columnStage[index - 1] === at;
      x += same && columnIsChips[index] ? sizes.chipCorridor : sizes.corridor + (same ? 0 : sizes.stageGap);
    }
    columns.push({ x, width, stage: at });
    const last = stages.at(-1);
    if (index > 0 && columnStage[index - 1] === at) last!.width = x + width - last!.x;
    else stages.push({ name: journey.stages[at] ?? null, x, width });
    x += width;
  }

  const placed = new Map<string, Placed>();
  const centre = (lane: number): number => lanes[lane]!.y + lanes[lane]!.height / 2;
  for (const card of cards) {
    const home = homes.get(card)!;
    const column = columns[card.column]!;
    const top = lanes[home[0]!]!.y + sizes.lanePad;
    const bottom =
      lanes[home.at(-1)!]!.y + lanes[home.at(-1)!]!.height - sizes.lanePad - leakOf(card.touchpoint, bare);
    const cell = (lane: number): Run => ({
      y: centre(lane) - sizes.cell / 2,
      height: sizes.cell,
      lanes: [laneIds[lane]!],
    });
    placed.set(card.touchpoint.id, {
      touchpoint: card.touchpoint,
      beside: false,
      column: card.column,
      stage: column.stage,
      x: column.x,
      width: column.width,
      home: { y: top, height: bottom - top, lanes: home.map((lane) => laneIds[lane]!) },
      leak: leakOf(card.touchpoint, bare),
      satellites: card.lanes
        .filter((lane) => !home.includes(lane))
        .sort((a, b) => a - b)
        .map(cell),
      ports: [...card.lanes]
        .sort((a, b) => a - b)
        .map((lane) => ({
          lane: laneIds[lane]!,
          y: home.includes(lane) ? Math.min(centre(lane), bottom - 14) : centre(lane),
        })),
      carrier: null,
    });
  }
  for (const drafts of stack.values()) {
    const lane = drafts[0]!.lanes[0]!;
    const total = drafts.length * (sizes.chipHeight + sizes.chipGap) - sizes.chipGap;
    let top = centre(lane) - total / 2;
    for (const chip of drafts) {
      const column = columns[chip.column]!;
      placed.set(chip.touchpoint.id, {
        touchpoint: chip.touchpoint,
        beside: true,
        column: chip.column,
        stage: column.stage,
        x: column.x + column.width - sizes.chip,
        width: sizes.chip,
        home: { y: top, height: sizes.chipHeight, lanes: [laneIds[lane]!] },
        leak: 0,
        satellites: [],
        ports: [{ lane: laneIds[lane]!, y: top + sizes.chipHeight / 2 }],
        carrier: carriers.get(chip.touchpoint.id)?.from ?? null,
      });
      top += sizes.chipHeight + sizes.chipGap;
    }
  }
  const order = [...placed.values()]
    .sort((a, b) => a.column - b.column || a.home.y - b.home.y)
    .map((at) => at.touchpoint.id);
  return { width: x + sizes.side, height: y + sizes.bypass, lanes, columns, stages, placed, order };
}
