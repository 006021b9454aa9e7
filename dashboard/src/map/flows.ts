// How customers' ways are drawn between the touchpoints: around cards, ordered at their ends so that they do not cross
// there, each with a place for its number that no other number takes.

import { sizes, type Layout, type Placed } from './layout';

export type FlowKind = 'declared' | 'deviation' | 'unused';

export interface Flow {
  from: string;
  to: string;
  count: number;
  kind: FlowKind;
}

export interface Point {
  x: number;
  y: number;
}

export interface DrawnFlow extends Flow {
  width: number;
  backward: boolean;
  path: string;
  label: Point | null; ///< null: no room; the number is told on focus and in the table
}

export const widest = 26;

/// Width is volume: linear, and never thinner than a line that can be seen. Unused ways are lines.
export const flowWidth = (count: number, most: number): number =>
  count <= 0 || most <= 0 ? 1.4 : Math.max(1.6, (count / most) * widest);

interface Blocked {
  low: number;
  high: number;
}

interface Way {
  flow: Flow;
  width: number;
  from: Placed;
  to: Placed;
  backward: boolean;
  through: { column: number; y: number }[];
  start: number;
  end: number;
}

const middle = (placed: Placed): number => placed.home.y + placed.home.height / 2;

/// The place in a column that costs the least detour; `low` and `high` bound the picture.
function passage(
  blocked: Blocked[],
  width: number,
  before: number,
  after: number,
  low: number,
  high: number,
): number {
  const half = width / 2 + 3;
  const sorted = [...blocked].sort((a, b) => a.low - b.low);
  let from = low;
  let best = (before + after) / 2;
  let bestCost = Infinity;
  for (const { low: start, high: end } of [...sorted, { low: high, high }]) {
    if (start - from >= 2 * half) {
      for (const wish of [before, after, (before + after) / 2]) {
        const y = Math.min(Math.max(wish, from + half), start - half);
        const cost = Math.abs(y - before) + Math.abs(y - after);
        if (cost < bestCost) [best, bestCost] = [y, cost];
      }
    }
    from = Math.max(from, end);
  }
  return best;
}

/// Places along one side of a card: sorted by where the ways lead, side by side about the mean of those places.
function alongSide(placed: Placed, ends: { wish: number; width: number; set: (y: number) => void }[]): void {
  const gap = 3;
  const total = ends.reduce((sum, end) => sum + end.width + gap, -gap);
  const { y: top, height } = placed.home;
  const wish =
    ends.reduce((sum, end) => sum + end.wish * end.width, 0) / ends.reduce((sum, end) => sum + end.width, 0);
  const inset = Math.min(10, height / 4);
  const room = Math.max(0, height - 2 * inset - total);
  let y = Math.min(Math.max(wish - total / 2, top + inset), top + inset + room);
  for (const end of [...ends].sort((a, b) => a.wish - b.wish)) {
    end.set(y + end.width / 2);
    y += end.width + gap;
  }
}

const curve = (from: Point, to: Point): string => {
  const bend = Math.max(Math.abs(to.x - from.x) * 0.5, 12) * Math.sign(to.x - from.x || 1);
  return `C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
};

const round = (value: number): number => Math.round(value * 10) / 10;

/// Between cards of one column: out on the right and back, so that it is seen.
function loop(way: Way): { path: string; label: Point } {
  const x = way.from.x + way.from.width;
  const reach = x + sizes.corridor * 0.72;
  return {
    path: `M${x} ${round(way.start)}C${reach} ${round(way.start)} ${reach} ${round(way.end)} ${x} ${round(way.end)}`,
    label: { x: x + sizes.corridor * 0.5, y: (way.start + way.end) / 2 },
  };
}

function draw(way: Way, layout: Layout): { path: string; labels: Point[] } {
  if (way.from.column === way.to.column) {
    const looped = loop(way);
    return { path: looped.path, labels: [looped.label] };
  }
  const step = way.backward ? -1 : 1;
  const start: Point = { x: way.backward ? way.from.x : way.from.x + way.from.width, y: round(way.start) };
  const end: Point = { x: way.backward ? way.to.x + way.to.width : way.to.x, y: round(way.end) };
  let path = `M${start.x} ${start.y}`;
  let at = start;
  const labels: Point[] = [];
  for (const { column, y } of way.through) {
    const { x, width } = layout.columns[column]!;
    const enter: Point = { x: step > 0 ? x - 4 : x + width + 4, y: round(y) };
    const leave: Point = { x: step > 0 ? x + width + 4 : x - 4, y: round(y) };
    labels.push({ x: (at.x + enter.x) / 2, y: (at.y + enter.y) / 2 }, { x: x + width / 2, y: enter.y });
    path += `${curve(at, enter)}L${leave.x} ${leave.y}`;
    at = leave;
  }
  path += curve(at, end);
  labels.push({ x: (at.x + end.x) / 2, y: (at.y + end.y) / 2 });
  return { path, labels };
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/// Pixels that a flow's number takes in the font of `.flow-count`, measured in the widest of its families, DejaVu Sans: a figure,
/// the arrow of a way back with its blank, and the rim around both.
const figure = 10.2;
const arrow = 17.5;
const rim = 5;

/// Numbers grow while the map is looked at: from three figures on they become shorter again, as `1.2k`.
const figuresLeast = 3;

const roomFor = (at: Point, text: string, backward: boolean): Box => {
  const width = Math.max(figuresLeast, text.length) * figure + (backward ? arrow : 0) + rim;
  return { x: at.x - width / 2, y: at.y - 10, width, height: 20 };
};

const isWithin = (box: Box, { width, height }: Layout): boolean =>
  box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height;

const meets = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/// All flows that have both ends on the map, the widest first. `text` is what is written on one, for its length.
export function drawFlows(layout: Layout, flows: readonly Flow[], text: (flow: Flow) => string): DrawnFlow[] {
  const most = Math.max(0, ...flows.map((flow) => flow.count));
  const blocked: Blocked[][] = layout.columns.map(() => []);
  const boxes: Box[] = [];
  for (const placed of layout.placed.values()) {
    for (const run of [placed.home, ...placed.satellites]) {
      const leak = run === placed.home ? Math.max(0, placed.leak - 6) : 0;
      blocked[placed.column]!.push({ low: run.y - 3, high: run.y + run.height + leak });
      boxes.push({ x: placed.x, y: run.y, width: placed.width, height: run.height + leak });
    }
  }
  const ways: Way[] = [];
  for (const flow of [...flows].sort(
    (a, b) => b.count - a.count || (a.from + a.to < b.from + b.to ? -1 : 1),
  )) {
    const from = layout.placed.get(flow.from);
    const to = layout.placed.get(flow.to);
    if (!from || !to || from === to) continue;
    const backward = to.column < from.column;
    const way: Way = {
      flow,
      width: flowWidth(flow.count, most),
      from,
      to,
      backward,
      through: [],
      start: middle(from),
      end: middle(to),
    };
    const step = backward ? -1 : 1;
    const goal = middle(to);
    let y = Math.min(Math.max(goal, from.home.y), from.home.y + from.home.height);
    for (let column = from.column + step; from.column !== to.column && column !== to.column; column += step) {
      y = passage(blocked[column]!, way.width, y, goal, sizes.stageHead, layout.height);
      blocked[column]!.push({ low: y - way.width / 2 - 2, high: y + way.width / 2 + 2 });
      way.through.push({ column, y });
    }
    ways.push(way);
  }

  const sides = new Map<
    string,
    { placed: Placed; ends: { wish: number; width: number; set: (y: number) => void }[] }
  >();
  const attach = (
    placed: Placed,
    right: boolean,
    end: { wish: number; width: number; set: (y: number) => void },
  ): void => {
    const key = `${placed.touchpoint.id}/${right ? 'r' : 'l'}`;
    const side = sides.get(key) ?? { placed, ends: [] };
    side.ends.push(end);
    sides.set(key, side);
  };
  for (const way of ways) {
    const same = way.from.column === way.to.column;
    attach(way.from, same || !way.backward, {
      wish: way.through[0]?.y ?? middle(way.to),
      width: way.width,
      set: (y) => {
        way.start = y;
      },
    });
    attach(way.to, same || way.backward, {
      wish: way.through.at(-1)?.y ?? middle(way.from),
      width: way.width,
      set: (y) => {
        way.end = y;
      },
    });
  }
  for (const { placed, ends } of sides.values()) alongSide(placed, ends);

  return ways.map((way) => {
    const { path, labels } = draw(way, layout);
    let label: Point | null = null;
    if (way.flow.kind !== 'unused') {
      for (const tried of labels) {
        const box = roomFor(tried, text(way.flow), way.backward);
        if (!isWithin(box, layout) || boxes.some((other) => meets(box, other))) continue;
        boxes.push(box);
        label = tried;
        break;
      }
    }
    return { ...way.flow, width: way.width, backward: way.backward, path, label };
  });
}
