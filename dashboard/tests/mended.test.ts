import assert from 'node:assert/strict';
import test from 'node:test';
import type { FrictionReport } from '../src/api/types';
import { goneFindings } from '../src/views/mended';
import { ofThisBuild } from '../src/widgets/lazy';

const kept = (finding: string, state = 'mended', since: unknown = {}) => ({
  finding,
  state: { state },
  since_mended: since,
});
const report = {
  by: 'channel',
  findings: [
    { signal: 'drop_off', touchpoint: 'basket', part: null },
    { signal: 'drop_off', touchpoint: 'basket', part: 'app' },
  ],
  states: [
    kept('drop_off:basket'),
    kept('drop_off:basket:channel=app'),
    kept('repeat:order'),
    kept('repeat:order:channel=web', 'accepted'),
    kept('escalation:order', 'mended', null),
  ],
} as unknown as FrictionReport;
const names = (query: Record<string, string>): string[] =>
  goneFindings(report, query).map(({ signal, touchpoint, part }) => `${signal}/${touchpoint}/${part}`);

test('mended: what is claimed mended and no finding any more, in its parts', () => {
  assert.deepEqual(names({}), ['repeat/order/', 'repeat/order/channel=web']);
});

test('mended: a report of some customers only proves nothing mended', () => {
  for (const name of ['from', 'to', 'where', 'channel']) assert.deepEqual(names({ [name]: 'x' }), [], name);
});

test("mended: the list's own choices hold here too", () => {
  assert.deepEqual(names({ state: 'accepted' }), ['repeat/order/channel=web']);
  assert.deepEqual(names({ signal: 'drop_off' }), []);
  assert.deepEqual(names({ verdict: 'confirmed' }), []);
});

test('lazy: a script of another build, or of one before builds had names, is not used', () => {
  assert.equal(ofThisBuild({ build: 'a' }, 'a').build, 'a');
  assert.throws(() => ofThisBuild({ build: 'b' }, 'a'), /build b beside app.js of a/);
  assert.throws(() => ofThisBuild({} as { build: string }, 'a'));
});
