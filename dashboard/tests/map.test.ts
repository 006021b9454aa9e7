import assert from 'node:assert/strict';
import test from 'node:test';
import { drawFlows, flowWidth, widest, type Flow } from '../src/map/flows';
import { gaps, orderLanes } from '../src/map/lanes';
import { carriersOf, layOut, ranksOf, stagesOf } from '../src/map/layout';
import { Tally } from '../src/map/live';
import { emotionsOf, forcedHops, modelOf, newestRows, wilson } from '../src/map/model';
import { journey, large, row, touchpoint } from './journeys';

const group = (...channels: string[]): { channels: string[]; weight: number } => ({ channels, weight: 1 });

test('lanes: channels of one touchpoint come to lie side by side', () => {
  const order = orderLanes(
    ['web', 'email', 'store', 'app'],
    [group('web', 'app'), group('app', 'store'), group('email')],
  );
  assert.equal(gaps(order, [group('web', 'app'), group('app', 'store')]), 0);
});

test('lanes: without a reason the order of the file stays', () => {
  assert.deepEqual(orderLanes(['a', 'b', 'c'], [group('a', 'b'), group('b', 'c')]), ['a', 'b', 'c']);
});

test('stages: what has none takes that of the touchpoint that leads to it; what is reached from anywhere has none', () => {
  const found = stagesOf(
    journey(
      [
        touchpoint('order', { stage: 'buy', to: ['mail'] }),
        touchpoint('mail', { kind: 'outbound' }),
        touchpoint('complaint', { to: ['care'] }),
        touchpoint('care', { kind: 'handover' }),
      ],
      { anywhere: [{ to: 'complaint', trigger: 'event', on: [], when: null, after: null }] },
    ),
  );
  assert.deepEqual(
    ['order', 'mail', 'complaint', 'care'].map((id) => found.get(id)),
    [0, 0, 2, 2],
  );
});

test('ranks: a way back closes a cycle and moves nobody to the right', () => {
  const made = journey([
    touchpoint('a', { stage: 'buy', start: true, to: ['b'] }),
    touchpoint('b', { stage: 'buy', to: ['c'] }),
    touchpoint('c', { stage: 'buy', to: ['a'] }),
  ]);
  assert.deepEqual([...ranksOf(made, stagesOf(made)).values()], [0, 1, 2]);
});

test('carriers: a message after a message hangs on it, in the column of the position', () => {
  const made = journey([
    touchpoint('a', { stage: 'buy', to: ['m'] }),
    touchpoint('m', { kind: 'outbound', to: ['n'] }),
    touchpoint('n', { kind: 'outbound' }),
  ]);
  assert.deepEqual(carriersOf(made).get('n'), { position: 'a', from: 'm' });
});

test('layout: nothing lies on anything else, and all is inside', () => {
  for (const made of [large(5, 12), large(2, 7), large(1, 1)]) {
    const layout = layOut(made);
    assert.equal(layout.placed.size, made.touchpoints.length);
    const boxes = [...layout.placed.values()].flatMap((placed) =>
      [placed.home, ...placed.satellites].map((run) => ({
        id: placed.touchpoint.id,
        x: placed.x,
        y: run.y,
        right: placed.x + placed.width,
        bottom: run.y + run.height,
      })),
    );
    for (const [index, a] of boxes.entries()) {
      assert.ok(a.x >= 0 && a.right <= layout.width && a.y >= 0 && a.bottom <= layout.height, a.id);
      for (const b of boxes.slice(index + 1))
        assert.ok(
          a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y,
          `${a.id} on ${b.id}`,
        );
    }
  }
});

test('layout: a stage without a touchpoint, and a journey without stages, are drawn', () => {
  assert.equal(layOut(journey([touchpoint('a', { stage: 'use' })])).stages.length, 1);
  assert.equal(layOut(journey([touchpoint('a'), touchpoint('b')], { stages: [] })).columns.length, 1 + 1);
});

test('layout: it is the same for the same journey', () => {
  assert.deepEqual(layOut(large(3, 9)), layOut(large(3, 9)));
});

test('layout: sixty touchpoints with their flows take a fraction of the 300 ms', () => {
  const made = large(5, 12);
  const flows: Flow[] = made.touchpoints.flatMap(({ id, next }) =>
    next.map(({ to }, index) => ({ from: id, to: to!, count: 100 - index, kind: 'declared' as const })),
  );
  const begun = performance.now();
  drawFlows(layOut(made), flows, (flow) => String(flow.count));
  assert.ok(performance.now() - begun < 200, `${performance.now() - begun} ms`);
});

test('flows: width is volume, capped and never invisible', () => {
  assert.equal(flowWidth(500, 500), widest);
  assert.equal(flowWidth(250, 500), widest / 2);
  assert.ok(flowWidth(1, 100000) > 1);
  assert.ok(flowWidth(0, 0) > 0);
});

test('flows: numbers do not lie on each other or on cards', () => {
  const made = large(4, 8);
  const layout = layOut(made);
  const flows: Flow[] = made.touchpoints
    .filter(({ kind }) => kind === 'inbound')
    .flatMap(({ id, next }) =>
      next
        .filter(({ to }) => made.touchpoints.find((found) => found.id === to)!.kind === 'inbound')
        .map(({ to }, index) => ({ from: id, to: to!, count: 1000 - index, kind: 'declared' as const })),
    );
  const labels = drawFlows(layout, flows, () => '1,000').flatMap(({ label }) => (label ? [label] : []));
  assert.ok(labels.length > flows.length / 2);
  for (const [index, a] of labels.entries())
    for (const b of labels.slice(index + 1)) assert.ok(Math.abs(a.x - b.x) > 30 || Math.abs(a.y - b.y) >= 18);
});

test('flows: a number that has grown since lies under no card, and within the map', () => {
  const made = large(4, 8);
  const layout = layOut(made);
  const flows = made.touchpoints.flatMap(({ id, next }) =>
    next.map(({ to }): Flow => ({ from: id, to: to!, count: 9, kind: 'declared' })),
  );
  const drawn = drawFlows(layout, flows, () => '9');

  const cards = [...layout.placed.values()].flatMap(({ x, width, home, satellites }) =>
    [home, ...satellites].map(({ y, height }) => ({ x, width, y, height })),
  );
  assert.ok(drawn.filter(({ label }) => label).length >= flows.length / 3);
  for (const { label, backward } of drawn) {
    if (!label) continue;
    const half = ((backward ? 17.2 : 0) + 3 * 10.1 + 3.5) / 2; // three figures, as Chromium draws them
    assert.ok(label.x - half >= 0 && label.x + half <= layout.width, 'at the edge');
    for (const { x, y, width, height } of cards)
      assert.ok(
        label.x + half <= x || label.x - half >= x + width || label.y + 9 <= y || label.y - 9 >= y + height,
        `${label.x},${label.y}`,
      );
  }
});

test('flows: a way to the left is drawn as one', () => {
  const made = journey([
    touchpoint('a', { stage: 'buy', start: true, to: ['b'] }),
    touchpoint('b', { stage: 'buy', to: ['a'] }),
  ]);
  const drawn = drawFlows(layOut(made), [{ from: 'b', to: 'a', count: 3, kind: 'declared' }], () => '3');
  assert.equal(drawn[0]!.backward, true);
});

test('model: planned ways that nobody took are unused, taken ones are counted once, deviations stand apart', () => {
  const made = journey([
    touchpoint('a', { stage: 'buy', to: ['b', 'c', 'm'] }),
    touchpoint('b'),
    touchpoint('c'),
    touchpoint('m', { kind: 'outbound' }),
  ]);
  const { flows } = modelOf(
    made,
    {
      version: 1,
      stages: [],
      touchpoints: [],
      flows: [
        { from: 'a', to: 'b', count: 7, deviation: false },
        { from: 'c', to: 'a', count: 2, deviation: true },
        { from: 'a', to: 'm', count: 0, deviation: false },
      ],
    },
    null,
    false,
  );
  assert.deepEqual(flows.map(({ from, to, count, kind }) => `${from}${to} ${count} ${kind}`).sort(), [
    'ab 7 declared',
    'ac 0 unused',
    'ca 2 deviation',
  ]);
});

test('model: under a filter the report says what was a deviation', () => {
  const made = journey([touchpoint('a', { stage: 'buy', to: ['b'] }), touchpoint('b')]);
  const moves = [
    { from: 'a', to: 'b', advanced: 9, went_back: 0, deviation: 2 },
    { from: 'b', to: 'a', advanced: 0, went_back: 3, deviation: 3 },
  ];
  const report = { by: null, touchpoints: [], parts: [], moves } as never;
  const { flows } = modelOf(made, null, report, true);
  assert.deepEqual(flows.map(({ from, to, count, kind }) => `${from}${to} ${count} ${kind}`).sort(), [
    'ab 2 deviation',
    'ab 7 declared',
    'ba 3 deviation',
  ]);
});

test('model: forced hops have their share of all, designed ones are none', () => {
  const pairs = [
    { from: 'web', to: 'call', forced: 30, designed: 5 },
    { from: 'app', to: 'web', forced: 10, designed: 0 },
    { from: 'app', to: 'call', forced: 0, designed: 7 },
  ];
  assert.deepEqual(forcedHops(row('a', { hops: { designed: 12, forced: 40, assist_pull: 0, pairs } })), [
    { from: 'web', to: 'call', n: 30, share: 0.75 },
    { from: 'app', to: 'web', n: 10, share: 0.25 },
  ]);
});

test('model: of a touchpoint that changed, the newest version is shown', () => {
  const rows = newestRows([
    row('a', { label: 'a (v1)', versions: [1] }),
    row('a', { label: 'a (v2-3)', versions: [2, 3] }),
  ]);
  assert.equal(rows.get('a')!.label, 'a (v2-3)');
});

test('model: the curve is of answers that are not negative, with an interval that holds it', () => {
  const made = journey([touchpoint('a', { stage: 'buy' })]);
  const [buy, use] = emotionsOf(made, [
    row('a', { feedback: { negative: { x: 20, n: 100, rate: 0.2, interval: [0.13, 0.29] } } as never }),
  ]);
  assert.equal(buy!.content, 0.8);
  assert.ok(buy!.interval[0] < 0.8 && buy!.interval[1] > 0.8);
  assert.equal(use!.n, 0);
});

test('wilson: as in the literature, and total without data', () => {
  const [low, high] = wilson(535, 3436);
  assert.ok(Math.abs(low - 0.143966) < 1e-6 && Math.abs(high - 0.168211) < 1e-6);
  assert.deepEqual(wilson(0, 0), [0, 1]);
});

test('live: a move leaves one touchpoint and enters another; nobody is counted twice', () => {
  const tally = new Tally();
  const move = { at: '', journey: 'j', version: 1, cause: 'advanced', channel: 'web' };
  tally.add({ ...move, from: null, to: 'a' });
  tally.add({ ...move, from: 'a', to: 'b' });
  tally.add({ ...move, from: 'b', to: null });
  assert.deepEqual(
    [...tally.nodes],
    [
      ['a', { entered: 1, open: 0 }],
      ['b', { entered: 1, open: 0 }],
    ],
  );
  assert.equal(tally.flows.get('a b'), 1);
});
