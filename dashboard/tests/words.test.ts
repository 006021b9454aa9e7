import assert from 'node:assert/strict';
import test from 'node:test';
import de from '../public/de.json';
import en from '../public/en.json';
import { takeEvents } from '../src/api/changes';
import type { ExplanationFigures, Finding, FrictionReport } from '../src/api/types';
import { signals } from '../src/api/types';
import { explained } from '../src/explained';
import {
  count,
  declaredDuration,
  duration,
  interval,
  percent,
  points,
  probability,
  resolveTime,
} from '../src/format';
import { plural, useWords, word, type Key } from '../src/i18n';
import { href, parse } from '../src/router';
import { concentration, consequences, findingHeadline, mended } from '../src/sentences';
import { reportParams, whereOf } from '../src/views/context';

const english = (): void => useWords('en', en);
const german = (): void => useWords('de', de);
const space = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

test('words: both languages have the same ones, with the same blanks and forms', () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
  const blanks = (text: string): string[] =>
    [...new Set([...text.matchAll(/\{\w+\}/g)].map(([found]) => found))].sort();
  for (const key of Object.keys(en) as Key[]) {
    assert.deepEqual(blanks(de[key]), blanks(en[key]), key);
    assert.equal(de[key].split(' | ').length, en[key].split(' | ').length, key);
  }
});

test('words: counts choose their form, and a value that is new is shown as it came', () => {
  english();
  assert.equal(plural('customers_n', 1, '1'), '1 customer');
  assert.equal(plural('customers_n', 2, '2'), '2 customers');
  assert.equal(word('cause', 'teleported'), 'teleported');
});

test('format: numbers, shares and intervals follow the language', () => {
  english();
  assert.deepEqual(
    [count(1234), percent(0.1557), percent(0), percent(1), interval([0.144, 0.168])],
    ['1,234', '15.6%', '0%', '100%', '[14.4, 16.8]'],
  );
  german();
  assert.deepEqual([count(1234), percent(0.1557), interval([0.144, 0.168]), points(-0.1517)].map(space), [
    '1.234',
    '15,6 %',
    '[14,4; 16,8]',
    '-15,2 Punkte',
  ]);
  assert.equal(probability(0.0001), '< 0,001');
});

test('format: a duration is told by its two largest units', () => {
  english();
  assert.deepEqual([0, 59, 3600, 5400, 90000, 864000].map(duration), [
    '0 s',
    '59 s',
    '1 h',
    '1 h 30 min',
    '1 d 1 h',
    '10 d',
  ]);
  assert.deepEqual(['3d', '1d12h', 'never', 'context.slot'].map(declaredDuration), [
    '3 d',
    '1 d 12 h',
    'never',
    'context.slot',
  ]);
});

test('format: a time ago is counted back from the latest event, not from the clock', () => {
  assert.equal(resolveTime('-28d', '2024-05-07T00:00:00.000Z'), '2024-04-09T00:00:00.000Z');
  assert.equal(resolveTime('-28d', undefined), undefined);
  assert.equal(resolveTime('2024-01-01', undefined), '2024-01-01');
});

test('router: an address is read as it was written', () => {
  for (const [parts, query] of [
    [['broadband-onboarding', 'findings'], { from: '-28d', by: 'channel' }],
    [['@customers', 'email:ada+b@example.net'], { as_of: '2024-01-01T00:00:00Z' }],
    [['j', 'finding', 'drop_off:visit/x'], { where: 'segments.plan == "a&b" && x' }],
  ] as [string[], Record<string, string>][])
    assert.deepEqual(parse(href(parts, query)), { parts, query });
  assert.deepEqual(parse(''), { parts: [], query: {} });
  assert.deepEqual(parse('#/a%zz?b'), { parts: ['a%zz'], query: { b: '' } });
});

test('filters: channel and condition hold together, and a quotation mark ends nothing', () => {
  assert.equal(whereOf({ where: 'a || b', channel: 'we"b' }), '(a || b) && (channel == "we\\"b")');
  assert.equal(whereOf({}), undefined);
  assert.equal(reportParams('j', { from: '-7d' }, '2024-01-08T00:00:00Z').from, '2024-01-01T00:00:00.000Z');
});

test('changes: events are cut where they end, whatever the pieces in which they come', () => {
  const first = takeEvents('event: start\ndata: {}\n\nevent: mo');
  assert.deepEqual(first, { events: [{ event: 'start', data: '{}' }], rest: 'event: mo' });
  assert.deepEqual(takeEvents(`${first.rest}ve\r\ndata: {"a":1}\r\n\r\n: ping\n\n`).events, [
    { event: 'move', data: '{"a":1}' },
  ]);
});

const report = {
  by: null,
  touchpoints: [{ touchpoint: 'slot', label: 'slot', part: null, title: 'Looks for a slot', entered: 3436 }],
  parts: [],
} as unknown as FrictionReport;
const finding = {
  id: 'drop_off:slot',
  verdict: 'confirmed',
  signal: 'drop_off',
  scope: 'touchpoint',
  touchpoint: 'slot',
  label: 'slot',
  part: null,
  hours: 0,
  value_at_stake: 14982.4,
  what_if_achieved: 316.086,
  ready: null,
  judgement: {
    rate: 0.155704,
    interval: [0.143966, 0.168211],
    affected: 316.086,
    affected_low: 273.271,
    more_needed: 0,
  },
} as unknown as Finding;

test('sentences: a finding is told by its figures', () => {
  english();
  assert.equal(findingHeadline(finding, report), 'Looks for a slot: drop-off 15.6% [14.4, 16.8]');
  assert.deepEqual(consequences(finding), [
    'About 316 customers lost beyond it (lower 95 % bound 273).',
    '+316 would achieve if this alone were mended.',
    'Value at stake 14,982.',
  ]);
  german();
  assert.equal(space(findingHeadline(finding, report)), 'Looks for a slot: Abbruch 15,6 % [14,4; 16,8]');
});

test('sentences: what is inconclusive says how many more it needs', () => {
  english();
  const open = {
    ...finding,
    verdict: 'inconclusive' as const,
    ready: null,
    judgement: { ...finding.judgement, more_needed: 40 },
  };
  assert.deepEqual(consequences(open), ['Too few to tell: 40 more are needed.']);
});

test('sentences: what is claimed mended has both shares, and their difference once that says anything', () => {
  english();
  const claim = {
    verdict: 'inconclusive' as const,
    since: '2024-03-21T12:00:00Z',
    before: { rate: 0.4, n: 400, interval: [0.353, 0.449] as [number, number] },
    now: { rate: 0.35, n: 110, interval: [0.264, 0.447] as [number, number] },
    difference: -0.05,
    interval: [-0.15, 0.06] as [number, number],
    unsettled: 'few_since' as const,
    more_needed: 1234,
    ready: null,
  };
  const shares = 'Since Mar 21, 2024: 35.0% [26.4, 44.7] of 110; before: 40.0% [35.3, 44.9].';
  assert.equal(
    mended(claim),
    `${shares} Difference -5.0 points [-15.0, +6.0] at every look. About 1,234 more are needed.`,
  );
  const early = {
    ...claim,
    unsettled: 'too_early' as const,
    more_needed: null,
    ready: '2024-04-10T12:00:00Z',
  };
  assert.equal(mended(early), `${shares} Too early to say before Apr 10, 2024.`);
  const near = { ...claim, unsettled: 'near_margin' as const, more_needed: null };
  assert.match(mended(near), /Enough came; the difference lies too near the margin to tell\.$/);
  const better = { ...claim, verdict: 'better' as const, unsettled: null, more_needed: null };
  assert.match(mended(better), /Part of it may be a return to the usual\.$/);
  assert.match(mended({ ...claim, now: null }), /^Since Mar 21, 2024: – of 0; /);
});

test('sentences: what the engine knows by itself is named in words, a segment by its name', () => {
  english();
  const said = concentration({
    conditions: [
      { attribute: 'plan', value: 'fibre' },
      { attribute: 'visit', value: 'first' },
    ],
    n: 1,
    x: 1,
    n_share: 0.3,
    x_share: 0.6,
    rate: 0.33,
    interval: [0, 1],
    rate_elsewhere: 0.08,
    interval_elsewhere: [0, 1],
    excess: 237,
    p: 0.005,
    adjusted: null,
    proxy: false,
  });
  assert.ok(
    said.startsWith('Concentrates in plan fibre and a first stay here: 33.0% there against 8.0% elsewhere'),
    said,
  );
});

const figures: ExplanationFigures = {
  population: {
    customers: 5000,
    instances: 5100,
    stays: 20000,
    from: '2024-04-09T00:00:00Z',
    to: null,
    where: 'channel == "web"',
    achieved_observed: 0.62,
  },
  stays: { entered: 3436, customers: 3400, resolved: 3364, open: 72, mature: 2470, horizon_seconds: 1728000 },
  estimate: {
    x: null,
    n: null,
    variance: 0.000038,
    design_effect: 1,
    mean_lateness_seconds: null,
    n_eff: 3430.2,
    rate: 0.1557,
    interval: [0.144, 0.168],
  },
  baseline: { source: 'pooled_peers', rate: 0.0726, cells: 4, shrunk: 0.1557, from: null, to: null },
  test: {
    excess: 0.0831,
    excess_interval: [0.0703, 0.0965],
    margin: 0.01,
    tested: true,
    more_needed: 0,
    q: 0.1,
    m: 5,
    p_plain_alone: 1e-9,
    p_plain: 5e-9,
    p_material_alone: 0.012,
    p_material: 0.06,
    explained: null,
    affected: 284,
    affected_low: 240,
    reach: 0.994,
  },
};
const dropOff = { signal: 'drop_off', verdict: 'confirmed', asOf: '2024-05-07T00:00:00Z' } as const;

test('explained: the four paragraphs are made of figures, in the reader’s language', () => {
  english();
  const said = explained(figures, dropOff);
  assert.equal(said.population[0], '5,000 customers in 5,100 journeys, with 20,000 stays.');
  assert.equal(said.population[2], 'Only where channel == "web".');
  assert.ok(said.counted[0]!.startsWith('Share of stays that ended in the customer’s silence'));
  assert.ok(said.counted.at(-1)!.includes('Rate 15.6%, 95 % [14.4, 16.8]'));
  assert.equal(said.baseline, 'The rate of the cells below together, which are fewer than five: 7.3%.');
  assert.ok(
    said.tested[1]!.includes('p < 0.001 (Fisher mid-p, one-sided), adjusted over 5 cells: p < 0.001'),
  );
  assert.ok(said.tested[2]!.includes('adjusted: p = 0.060'));
  german();
  const gesagt = explained(figures, dropOff);
  assert.equal(
    space(gesagt.tested[0]!),
    'Darüber hinaus +8,3 Punkte, 95 % [+7,0; +9,7] (Newcombe). Ab +1,0 Punkte fällt es ins Gewicht.',
  );
  assert.equal(gesagt.counted.length, said.counted.length);
});

test('explained: whatever the finding, nothing is left without words', () => {
  const bare = { ...figures.estimate, variance: null, design_effect: null };
  for (const speak of [english, german]) {
    speak();
    for (const signal of signals)
      for (const source of ['none', 'target', 'history', 'peers', 'pooled_peers'] as const)
        for (const tested of [true, false]) {
          const own: ExplanationFigures = {
            ...figures,
            stays: tested ? figures.stays : null,
            estimate: { ...bare, x: 3, n: 40, mean_lateness_seconds: 3600 },
            baseline: { ...figures.baseline, source },
            test:
              source === 'none'
                ? null
                : { ...figures.test!, tested, explained: { segment: 'plan', odds_ratio: 2, adjusted: 1.1 } },
          };
          const said = explained(own, { signal, verdict: 'none', asOf: dropOff.asOf });
          assert.equal(said.tested.length, source === 'none' ? 0 : tested ? 6 : 2);
          for (const text of [...said.population, ...said.counted, said.baseline, ...said.tested])
            assert.doesNotMatch(text, /explained\.|signal\.|\{|undefined|NaN/);
        }
  }
});
