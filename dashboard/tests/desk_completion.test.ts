import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { complete, helpAt, type Choice } from '../src/desk/completion';
import { Shapes, type Schema } from '../src/desk/schema';
import { snippetText } from '../src/desk/snippet';

const schema = JSON.parse(
  readFileSync(join(process.cwd(), '../schemas/journey.schema.json'), 'utf8'),
) as Schema;
const shapes = new Shapes(schema);
const workspace = {
  channels: [
    { id: 'web', title: 'Web shop' },
    { id: 'email', title: 'E-mail' },
  ],
  teams: ['care'],
  purposes: ['service'],
};

const choices = (text: string): Choice[] => {
  const found = complete(text.replace('‸', ''), text.indexOf('‸'), shapes, workspace);
  return found?.choices ?? [];
};
const labels = (text: string): string[] => choices(text).map(({ label }) => label);
/// What the text becomes when `label` is chosen, with a bar where the caret is then.
const chosen = (text: string, label: string): string => {
  const bare = text.replace('‸', '');
  const found = complete(bare, text.indexOf('‸'), shapes, workspace)!;
  const { insert, back } = found.choices.find((one) => one.label === label)!;
  const before = bare.slice(0, found.from) + insert;
  return `${before.slice(0, before.length - back)}‸${before.slice(before.length - back)}${bare.slice(found.to)}`;
};
const shop = `journey: shop
stages: [find, buy]
context:
  plan: {type: string, description: what was bought}
touchpoints:
  basket:
    title: Fills the basket
    on: basket_filled
  order:
    on: order_placed
`;

test('completion: keys that are required come first, those that are there are left out', () => {
  assert.deepEqual(labels('‸').slice(0, 3), ['journey', 'touchpoints', 'version']);
  assert.ok(!labels('journey: a\n‸').includes('journey'));
  assert.deepEqual(labels('journey: a\nexit_when:\n  - out‸'), ['outcome']);
});

test('completion: a key brings its colon, and the place where its value goes', () => {
  assert.equal(chosen('tit‸', 'title'), 'title: ‸');
  assert.equal(chosen('touchp‸', 'touchpoints'), 'touchpoints:\n  ‸');
  assert.equal(chosen('stag‸', 'stages'), 'stages: [‸]');
  assert.equal(chosen('exit‸', 'exit_when'), 'exit_when:\n  - ‸');
  assert.equal(chosen('touchpoints:\n  a:\n    se‸', 'send'), 'touchpoints:\n  a:\n    send:\n      ‸');
  assert.equal(
    chosen('touchpoints:\n  a:\n    next: [{af‸}]', 'after'),
    'touchpoints:\n  a:\n    next: [{after: ‸}]',
  );
  assert.equal(chosen('tit‸: x', 'title'), 'title‸: x', 'a colon that is there stays the only one');
});

test('completion: what a touchpoint is rules out what it cannot have', () => {
  const keys = labels('touchpoints:\n  a:\n    send: {template: t, purpose: p}\n    ‸');
  assert.ok(keys.includes('channels') && keys.includes('next'));
  for (const key of ['on', 'handover', 'start', 'abandon_after']) assert.ok(!keys.includes(key), key);
  assert.ok(!labels('touchpoints:\n  a:\n    next: [{to: b, after: 1d, ‸}]').includes('at'));
});

test('completion: values are those of the schema, each with what it means', () => {
  const values = choices('reentry: ‸');
  assert.deepEqual(
    values.map(({ label }) => label),
    ['never', 'after_end', 'unless_goal_achieved', 'always'],
  );
  assert.equal(values[0]!.detail, 'One instance for this customer and key, for ever.');
  assert.deepEqual(labels('touchpoints:\n  a:\n    start: ‸'), ['true', 'false']);
  assert.deepEqual(labels('abandon_after: ne‸'), ['never']);
  assert.deepEqual(labels('title: ‸'), []);
});

test('completion: names come from the draft and from the workspace', () => {
  const found = choices(`${shop}    next:\n      - {to: ‸}\n`);
  assert.deepEqual(
    found.map(({ label, detail }) => [label, detail]),
    [['basket', 'Fills the basket']],
    'not the touchpoint itself',
  );
  assert.deepEqual(labels(`${shop}    next: [‸]`), ['basket']);
  assert.deepEqual(labels(`${shop}    stage: ‸`), ['find', 'buy']);
  assert.deepEqual(labels(`${shop}    channels: [web, em‸]`), ['email']);
  assert.deepEqual(labels(`${shop}    asks: ‸`), ['plan']);
  assert.deepEqual(labels(`${shop}    capture: {‸}`), ['plan']);
  assert.deepEqual(labels(`${shop}    handover: {team: ‸}`), ['care']);
  assert.deepEqual(labels(`${shop}    send: {purpose: ser‸}`), ['service']);
  assert.deepEqual(labels(`${shop}feedback:\n  - {on: ord‸}`), ['order_placed']);
  assert.deepEqual(labels(`${shop}promises:\n  - {name: x, from: ‸}`), ['basket', 'order']);
  assert.deepEqual(labels(`${shop}value: context.p‸`), ['plan'], 'a field within an expression');
  assert.deepEqual(labels(`${shop}segments:\n  x: ‸`), [], 'a name of the author is not guessed');
});

test('completion: an item of `next` is a touchpoint, or the begin of a transition', () => {
  const items = labels(`${shop}    next:\n      - ‸`);
  assert.equal(items[0], 'basket');
  assert.ok(items.includes('to') && items.includes('after'));
  assert.equal(chosen(`${shop}    next:\n      - t‸`, 'to').split('\n').at(-1), '      - to: ‸');
});

test('completion: an empty touchpoint is offered whole', () => {
  const text = 'touchpoints:\n  hello:\n    ‸';
  assert.ok(labels(text).includes('message to the customer'));
  assert.equal(
    chosen(text, 'message to the customer'),
    'touchpoints:\n  hello:\n    channels: [email]\n    send: {template: template, purpose: service}‸',
  );
});

test('completion: nothing where all of it is written, or where nothing is known', () => {
  assert.deepEqual(labels('reentry: never‸'), []);
  assert.deepEqual(labels('# jour‸'), []);
  assert.deepEqual(labels('description: |\n  jour‸'), []);
});

test('completion: names that YAML would read as something else are quoted', () => {
  const odd = `stages: ["a: b", "#1", Später, "no"]\ntouchpoints:\n  größe:\n    on: x\n  b:\n    `;
  const stage = (label: string): string => chosen(`${odd}stage: ‸`, label).split('\n').at(-1)!;
  assert.equal(stage('a: b'), '    stage: "a: b"‸');
  assert.equal(stage('#1'), '    stage: "#1"‸');
  assert.equal(stage('no'), '    stage: "no"‸');
  assert.equal(stage('Später'), '    stage: Später‸');
  assert.equal(
    chosen(`${odd}stage: "a‸"`, 'a: b').split('\n').at(-1),
    '    stage: "a: b"‸',
    'one quote each',
  );
  assert.equal(chosen(`${odd}next: gr‸öß`, 'größe').split('\n').at(-1), '    next: größe‸', 'the whole word');
});

test('completion: a # within quotes is no comment', () => {
  assert.deepEqual(labels(`title: "a # b"\nreentry: ne‸`), ['never']);
  assert.deepEqual(labels('touchpoints:\n  a:\n    next: [{when: "x # y", af‸'), ['after']);
  assert.deepEqual(labels('touchpoints:\n  a:\n    next: [{when: x # y, af‸'), []);
  assert.deepEqual(labels("title: it's # reentry: ‸"), []);
});

test('completion: only what begins with the typed is preselected, and no name that may be new', () => {
  const settled = (text: string): boolean | undefined =>
    complete(text.replace('‸', ''), text.indexOf('‸'), shapes, workspace)?.settled;
  assert.equal(settled(`${shop}    next: bas‸`), true);
  assert.equal(settled(`${shop}    next: ask‸`), false, 'basket has it within');
  assert.equal(settled(`${shop}  paid:\n    on: basket‸`), false, 'an event that none has sent yet');
  assert.equal(settled('reen‸'), true);
});

test('completion: a file of 2,000 lines is completed within a key press', () => {
  const one = (index: number): string =>
    `  t${index}:\n    title: "Touchpoint ${index}"\n    channels: [web]\n    next: t${index + 1}\n`;
  const text = `journey: long\ntouchpoints:\n${Array.from({ length: 500 }, (_, index) => one(index)).join('')}`;
  const once = (_: unknown, index: number): number => {
    const own = `${text}  z${index}:\n    next: t`;
    const begun = performance.now();
    assert.equal(complete(own, own.length, shapes, workspace)!.choices.length, 500);
    return performance.now() - begun;
  };
  const best = Math.min(...Array.from({ length: 6 }, once)); // a busy machine is not the code's fault
  assert.ok(best < 60, `${best} ms`);
});

test('help: says what the key at the caret means, also from its value and from beneath it', () => {
  const help = (text: string): [string, string] | null => {
    const found = helpAt(text.replace('‸', ''), text.indexOf('‸'), shapes);
    return found && [found.path, found.description];
  };
  assert.deepEqual(help('reen‸try: never'), help('reentry: nev‸er'));
  assert.match(help('reen‸try: never')![1], /^Whether a start may open/);
  assert.equal(
    help(`${shop.replace('on: order_placed', 'on: ‸order_placed')}`)![0],
    'touchpoints › order › on',
  );
  assert.equal(help('‸'), null);
});

test('a new journey begins with the snippet of the schema', () => {
  const [snippet] = shapes.snippets([]);
  const text = snippetText(snippet!.body, 0);
  assert.match(text, /^journey: first-order\nowner: /);
  assert.match(text, /\n {2}basket:\n {4}channels: \[web\]\n/);
  assert.match(text, /\n {6}- order\n {6}- \{to: reminder, after: 1d\}\n/);
});
