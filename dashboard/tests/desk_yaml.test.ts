import assert from 'node:assert/strict';
import test from 'node:test';
import { linesOf, tokensOf } from '../src/desk/colour';
import { difference } from '../src/desk/difference';
import {
  lineStarts,
  linesAway,
  newLine,
  offsetAt,
  touchpointPlaces,
  unitsBefore,
  versionEdit,
  wordAt,
} from '../src/desk/places';
import { snippetText } from '../src/desk/snippet';
import { caretAt, entriesOf } from '../src/desk/yaml';

const draft = `journey: shop          # its name
title: "A shop: all of it"
stages: [find, buy]
context:
  plan: {type: string, description: "fibre, or cable"}
touchpoints:
  # --- find
  basket:
    on: [filled, refilled]
    description: >-
      Not a key: at all
      - nor an item
    next:
      - order
      - {to: nudge, after: 2d,
         share: 45}
      - to: call
        after: 3d

  order:
    on: order_placed
    next:
    - basket
    goal: true
# the end
`;

/// The text without its bar, and where that stood.
const at = (text: string): [string, number] => [text.replace('‸', ''), text.indexOf('‸')];
const caret = (text: string): [string, string, string] => {
  const { place, path, typed } = caretAt(...at(text));
  return [place, path.join('/'), typed];
};

test('yaml: every key and item is found, with its path and its value', () => {
  const found = entriesOf(draft).map(
    ({ path, value }) => `${path.join('/')}${value === null ? '' : `=${value}`}`,
  );

  assert.deepEqual(found, [
    'journey=shop',
    'title=A shop: all of it',
    'stages',
    'stages/0=find',
    'stages/1=buy',
    'context',
    'context/plan',
    'context/plan/type',
    'context/plan/type=string',
    'context/plan/description',
    'context/plan/description=fibre, or cable',
    'touchpoints',
    'touchpoints/basket',
    'touchpoints/basket/on',
    'touchpoints/basket/on/0=filled',
    'touchpoints/basket/on/1=refilled',
    'touchpoints/basket/description',
    'touchpoints/basket/next',
    'touchpoints/basket/next/0=order',
    'touchpoints/basket/next/1',
    'touchpoints/basket/next/1/to',
    'touchpoints/basket/next/1/to=nudge',
    'touchpoints/basket/next/1/after',
    'touchpoints/basket/next/1/after=2d',
    'touchpoints/basket/next/1/share',
    'touchpoints/basket/next/1/share=45',
    'touchpoints/basket/next/2',
    'touchpoints/basket/next/2/to=call',
    'touchpoints/basket/next/2/after=3d',
    'touchpoints/order',
    'touchpoints/order/on=order_placed',
    'touchpoints/order/next',
    'touchpoints/order/next/0=basket',
    'touchpoints/order/goal=true',
  ]);
});

test('yaml: the caret knows its path, and what is being typed there', () => {
  const rows: [string, [string, string, string]][] = [
    ['a key at the top', ['key', '', 'jour']],
    ['a value', ['value', 'touchpoints/basket/stage', 'fi']],
    ['an empty line, as deep as its siblings', ['key', 'touchpoints/basket', '']],
    ['an item', ['item', 'touchpoints/basket/next/1', 'or']],
    ['a key of an item', ['key', 'touchpoints/basket/next/0', 'af']],
    ['the key of a mapping in braces', ['key', 'touchpoints/basket/next/0', 'aft']],
    ['a value in braces, over lines', ['value', 'touchpoints/basket/next/0/to', 'ord']],
    ['an item in brackets', ['value', 'stages/1', 'b']],
    ['dashes below their own key', ['item', 'anywhere/1', 'x']],
    ['a quoted value', ['value', 'title', '"a: b']],
    ['in a comment', ['none', '', '']],
    ['in a block of text', ['none', '', '']],
    ['right behind a colon', ['none', 'title', '']],
  ];
  const texts = [
    'jour‸',
    'touchpoints:\n  basket:\n    stage: fi‸',
    'touchpoints:\n  basket:\n    on: x\n    ‸\n  order:\n',
    'touchpoints:\n  basket:\n    next:\n      - a\n      - or‸',
    'touchpoints:\n  basket:\n    next:\n      - to: a\n        af‸',
    'touchpoints:\n  basket:\n    next:\n      - {to: a, aft‸}',
    'touchpoints:\n  basket:\n    next:\n      - {after: 2d,\n         to: ord‸',
    'stages: [a, b‸',
    'anywhere:\n- a\n- x‸',
    'title: "a: b‸',
    'title: a # jour‸',
    'description: |\n  jour‸',
    'title:‸',
  ];
  for (const [index, [why, expected]] of rows.entries())
    assert.deepEqual(caret(texts[index]!), expected, why);
});

test('yaml: a draft that is broken anywhere is read to its end, whatever the caret', () => {
  const broken = [
    '- - {a: [',
    'a: "b',
    '}: ]',
    ': :\n\t- x',
    "'",
    'a: {b: }}\nc: d',
    '{{{',
    '- \n -\n  - x: |',
    draft,
  ];
  for (const text of broken)
    for (let offset = 0; offset <= text.length; ++offset) {
      assert.doesNotThrow(() => caretAt(text, offset));
      assert.doesNotThrow(() => entriesOf(text.slice(0, offset)));
    }
});

test('yaml: a bracket that is not closed yet hides nothing below it', () => {
  const text =
    'touchpoints:\n  a:\n    next:\n      - {to: \n      - b\n  b:\n    on: [x\n    goal: true\nsegments: [\n]\nvalue: 1\n';
  const found = entriesOf(text).map(({ path }) => path.join('/'));
  for (const path of ['touchpoints/a/next/1', 'touchpoints/b', 'touchpoints/b/goal', 'value'])
    assert.ok(found.includes(path), path);
  assert.deepEqual(caret('a: {b: c\ne‸'), ['key', '', 'e']);
  assert.deepEqual(caret('a: {b: c,\n  e‸'), ['key', 'a', 'e']);
});

test('places: a finding stands where its byte column says, also behind umlauts and emoji', () => {
  assert.deepEqual(
    [unitsBefore('abc', 3), unitsBefore('äbc', 3), unitsBefore('😀bc', 5), unitsBefore('ab', 9)],
    [2, 1, 2, 2],
  );
  const text = 'a: ä b\nto: nudgge, x\n';
  const starts = lineStarts(text);
  const offset = offsetAt(text, starts, 2, 5);
  const { start, end } = wordAt(text, offset);
  assert.equal(text.slice(start, end), 'nudgge');
  assert.equal(offsetAt(text, starts, 9, 1), text.length);
});

test('places: a touchpoint goes to its last line that says something', () => {
  const starts = lineStarts(draft);
  const lines = draft.split('\n');
  const places = touchpointPlaces(draft, starts, entriesOf(draft));
  assert.deepEqual(
    places.map(({ id, first, last }) => [id, lines[first]!.trim(), lines[last]!.trim()]),
    [
      ['basket', 'basket:', 'after: 3d'],
      ['order', 'order:', 'goal: true'],
    ],
  );
  for (const { id, start } of places) assert.ok(draft.startsWith(`${id}:`, start));
});

test('places: a page down and up keeps the column as far as there is one, and ends at the first and last line', () => {
  const text = 'abcdef\nab\n\nabcdef';
  assert.deepEqual(
    [
      linesAway(text, 5, 1),
      linesAway(text, 5, 3),
      linesAway(text, 5, 99),
      linesAway(text, 15, -2),
      linesAway(text, 15, -99),
    ],
    [9, 16, 16, 9, 4],
  );
});

test('yaml: a # within quotes ends no value', () => {
  const found = entriesOf("a: \"x # y\" # note\nb: it's # note\n- \"p # q\"\nc: 'r''s # t'\n").map(
    ({ value }) => value,
  );
  assert.deepEqual(found.slice(0, 2), ['x # y', "it's"]);
  assert.ok(found.includes('p # q') && found.includes("r's # t"));
});

test('places: the version is raised where it stands, or put beneath the journey', () => {
  const raised = (text: string): string => {
    const { from, to, insert } = versionEdit(text, 3);
    return text.slice(0, from) + insert + text.slice(to);
  };
  assert.equal(raised('journey: a\nversion: 2  # the\n'), 'journey: a\nversion: 3  # the\n');
  assert.equal(raised('# x\njourney: a\ntitle: b\n'), '# x\njourney: a\nversion: 3\ntitle: b\n');
  assert.equal(raised('journey: a'), 'journey: a\nversion: 3\n');
  assert.equal(raised('title: b\n'), 'version: 3\ntitle: b\n');
});

test('places: a new line is as deep as the last, and deeper beneath a key without value', () => {
  assert.deepEqual(
    ['a: b', '  next:', '      - to: x', '    - next:', '', 'text: |', '  # note:'].map((line) =>
      newLine(line, line.length),
    ),
    ['\n', '\n    ', '\n      ', '\n        ', '\n', '\n  ', '\n  '],
  );
});

test('colour: keys, texts, numbers and comments are told apart, and nothing is lost', () => {
  const [line] = linesOf('  - {to: nudge, after: 2d, x: "a # b"} # why: so');
  const tokens = tokensOf(line!);
  assert.equal(tokens.map(({ text }) => text).join(''), line!.text);
  const of = (tone: string): string[] =>
    tokens.filter((token) => token.tone === tone).map(({ text }) => text);
  assert.deepEqual(of('key'), ['to', 'after', 'x']);
  assert.deepEqual([of('text'), of('number'), of('comment')], [['"a # b"'], ['2d'], ['# why: so']]);
  for (const each of linesOf(draft))
    assert.equal(
      tokensOf(each)
        .map(({ text }) => text)
        .join(''),
      each.text,
    );
});

test('colour: in a block of text nothing is a key', () => {
  const lines = linesOf('a: >-\n  b: c\n\n  d: e\nf: g');
  assert.deepEqual(
    lines.map(({ block }) => block),
    [false, true, true, true, false],
  );
  assert.deepEqual(tokensOf(lines[1]!), [{ tone: 'text', text: '  b: c' }]);
});

test('difference: what changed, with two lines around it', () => {
  const theirs = 'a\nb\nc\nd\ne\nf\ng\n';
  const mine = 'a\nb\nc\nD\ne\nf\ng\nh\n';
  const shown = difference(theirs, mine).map(
    ({ kind, text }) => ({ same: ' ', theirs: '-', mine: '+', gap: '…' })[kind] + text,
  );
  assert.deepEqual(shown, ['…', ' b', ' c', '-d', '+D', ' e', ' f', ' g', '+h', ' ']);
  assert.deepEqual(difference(mine, mine), [{ kind: 'gap', text: '' }]);
});

test('snippet: becomes a block of YAML as deep as it stands', () => {
  const body = {
    on: '${2:event_type}',
    channels: ['${1:web}'],
    send: { template: '${1:t}', with: { a: 'b: c' } },
  };
  assert.equal(
    snippetText(body, 4),
    'on: event_type\n    channels: [web]\n    send:\n      template: t\n      with: {a: "b: c"}',
  );
});
