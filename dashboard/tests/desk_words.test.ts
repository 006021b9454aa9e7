import assert from 'node:assert/strict';
import test from 'node:test';
import en from '../public/en.json';
import type { DraftFinding } from '../src/desk/api';
import { sumOf } from '../src/desk/findings';
import { layOut } from '../src/map/layout';
import { versionWords } from '../src/desk/version_line';
import { caretAt, entriesOf } from '../src/desk/yaml';
import { linesOf, tokensOf } from '../src/desk/colour';
import { useWords } from '../src/i18n';
import { journey, touchpoint } from './journeys';

useWords('en', en);

const finding = (severity: DraftFinding['severity']): DraftFinding => ({
  severity,
  code: 'J001',
  where: { file: 'journeys/a.yaml', line: 1, column: 1 },
  message: '',
  hint: '',
  notes: [],
});

test('findings: errors and warnings are counted apart', () => {
  assert.equal(sumOf([]), 'No findings');
  assert.equal(sumOf([finding('error'), finding('warning'), finding('error')]), '2 errors, 1 warning');
});

test('version: what may be published is told from what may not', () => {
  const words = (published: boolean, changed: boolean, running: number | null): string =>
    versionWords({ number: 2, published, changed, running });
  assert.equal(words(true, false, 2), 'This is version 2, which is running.');
  assert.match(words(true, false, 3), /another one is running/);
  assert.match(words(true, true, 2), /stays as it is/);
  assert.match(words(false, true, 1), /version 1 is running/);
  assert.match(words(false, true, null), /no version is running/);
});

test('map: a draft takes less room than a journey with figures, in the same places', () => {
  const drawn = journey([
    touchpoint('a', { start: true, to: ['b'] }),
    touchpoint('b', { channels: ['app'] }),
  ]);
  const bare = layOut(drawn, true);
  const full = layOut(drawn);
  assert.ok(bare.height < full.height);
  assert.deepEqual(bare.order, full.order);
  assert.equal(bare.width, full.width);
});

test('a file of 1,000 lines is read and coloured within a key press', () => {
  const one = (index: number): string =>
    `  t${index}:\n    title: "Touchpoint ${index}"\n    channels: [web, app]\n    next:\n      - {to: t${index + 1}, after: 2d} # on\n`;
  const text = `journey: long\ntouchpoints:\n${Array.from({ length: 200 }, (_, index) => one(index)).join('')}`;
  const once = (): number => {
    const begun = performance.now();
    entriesOf(text);
    caretAt(text, text.length - 20);
    linesOf(text).forEach(tokensOf);
    return performance.now() - begun;
  };
  const best = Math.min(...Array.from({ length: 8 }, once)); // a busy machine is not the code's fault
  assert.ok(best < 100, `${best} ms`);
});
