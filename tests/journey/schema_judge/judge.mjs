// usage: node judge.mjs SEED COUNT OUT: writes 4 * (COUNT + 1) files with the schemas' verdicts: the examples as they are,
// each key of every_key.yaml and of the channels and settings missed narrowly in turn, and random mutations for the rest.
//
// OUT has, for each, a line `=== KIND VERDICT WHAT` (KIND journey, channels or lotse; VERDICT accepted or refused; WHAT was
// done) and the YAML text below it. Equal seeds give equal files.
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import YAML from 'yaml';

const [seed, count, out] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const read = (...parts) => fs.readFileSync(path.join(root, ...parts), 'utf8');

let state = seed >>> 0;
function random() {  // mulberry32
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const words = ['never', 'always', 'after_end', 'customer', 'us', 'skip', 'now', 'ignore', 'all', 'this', 'nps', 'stars',
  'string', 'number', 'timestamp', 'any', 'defer', 'drop', 'smtp', 'log', 'order', 'welcome', 'service', 'web',
  'event.x', 'context.plan == "x"', 'true', 'yes', 'no', '', ' ', 'a b', 'a-b', 'a.b', '-a', '1a', 'ü', 'x'.repeat(201),
  '3d', '2h30m', '1m1s', '1s1m', '30ms', '1d1d', 'P3DT2H', 'P', 'PT', 'P3', 'P1M', 'PT1M', '3 months', '1y', '0s', '-1d',
  '18:00', '24:00', '9:00', '09:60', '2024-03-01T09:00:00Z', '2024-03-01', '2024-03-01T09:00:00', '2024-03-01 09:00:00+01:00',
  '012', '12', '1.5', 'null'];
const values = () => pick([
  () => pick(words), () => pick(words), () => pick(words),
  () => pick([0, 1, -1, 2, 45, 100, 101, 0.5, 1.5, 2.0, 1e3, 3660, 3661, 2147483647, 2147483648]),
  () => random() < 0.5, () => null, () => [], () => ({}),
  () => [pick(words)], () => [pick(words), pick(words)], () => ({[pick(keys)]: pick(words)}),
  () => ({to: pick(words)}), () => [{to: pick(words), [pick(keys)]: values()}], () => ({'event.x': {[pick(operators)]: pick([3, 'a', true, ['a', 1], {}])}}),
])();
const operators = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'not_in', 'exists', 'contains', 'starts_with', 'ends_with', 'matches', 'like'];

const schemas = {};
const keys = [];
const ajv = new Ajv2020({allErrors: false, strict: true, strictRequired: false, allowUnionTypes: true, strictTypes: false});
ajv.addVocabulary(['defaultSnippets', 'enumDescriptions']);  // for editors
for (const kind of ['journey', 'channels', 'lotse']) {
  const schema = JSON.parse(read('schemas', `${kind}.schema.json`));
  schemas[kind] = ajv.compile(schema);
  const collect = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (node.properties) keys.push(...Object.keys(node.properties));
    Object.values(node).forEach(collect);
  };
  collect(schema);
}
keys.push('x', 'a b', 'tuch', '1st');
ajv.compile(JSON.parse(read('schemas', 'event.schema.json')));

/// Every mapping and list inside, with a path for messages.
function places(node, at = '') {
  if (node === null || typeof node !== 'object') return [];
  const found = [{node, at}];
  for (const [key, value] of Object.entries(node)) found.push(...places(value, `${at}/${key}`));
  return found;
}

const mutations = {
  drop({node, at}) {
    const key = pick(Object.keys(node));
    if (Array.isArray(node)) node.splice(Number(key), 1);
    else delete node[key];
    return `drop ${at}/${key}`;
  },
  rename({node, at}) {
    if (Array.isArray(node)) return null;
    const key = pick(Object.keys(node));
    const name = random() < 0.5 ? pick(keys) : key.slice(1) + key.slice(0, 1);
    if (name in node || name === '') return null;
    const entries = Object.entries(node).map(([k, v]) => [k === key ? name : k, v]);
    Object.keys(node).forEach((k) => delete node[k]);
    entries.forEach(([k, v]) => (node[k] = v));
    return `rename ${at}/${key} to ${name}`;
  },
  change({node, at}) {
    const key = pick(Object.keys(node));
    node[key] = values();
    return `change ${at}/${key} to ${JSON.stringify(node[key])}`;
  },
  wrap({node, at}) {
    const key = pick(Object.keys(node));
    node[key] = random() < 0.5 ? [node[key]] : {[pick(keys)]: node[key]};
    return `wrap ${at}/${key}`;
  },
  unwrap({node, at}) {
    const key = pick(Object.keys(node));
    if (node[key] === null || typeof node[key] !== 'object') return null;
    node[key] = Object.values(node[key])[0] ?? null;
    return `unwrap ${at}/${key}`;
  },
  add({node, at}) {
    const key = pick(keys);
    if (Array.isArray(node)) {
      node.push(random() < 0.5 && node.length > 0 ? node[0] : values());
      return `add to ${at}`;
    }
    if (key in node) return null;
    node[key] = values();
    return `add ${at}/${key}: ${JSON.stringify(node[key])}`;
  },
};

const examples = [
  ['journey', read('tests/journey/example/journeys/broadband-onboarding.yaml')],
  ['journey', read('tests/journey/schema_judge/every_key.yaml')],
  ['channels', read('tests/journey/example/channels.yaml')],
  ['lotse', read('tests/journey/example/lotse.yaml')],
];
const written = [];
function write(kind, value, what) {
  const text = YAML.stringify(value, {aliasDuplicateObjects: false, lineWidth: 0});
  const verdict = schemas[kind](YAML.parse(text)) ? 'accepted' : 'refused';
  written.push(`=== ${kind} ${verdict} ${what.replace(/\n/g, ' ')}\n${text}`);
}
/// What a value can be changed to so that it just misses: bounds, words, types, empty and repeated lists, unknown keys.
function nearMisses(value) {
  if (Array.isArray(value)) return [[], [value[0], value[0]], 'zz'];
  if (value !== null && typeof value === 'object') return [{}, {...value, zz: 1}];
  if (typeof value === 'number') return [-1, 0, 101, 3661, 'zz'];
  if (typeof value === 'boolean') return ['yes', false];
  return ['zz', '3 months', 7, ''];
}

/// Every key of a file in turn: left out, and just missed. Random mutations alone leave single bounds and words unmet.
function systematic(kind, text) {
  for (const {at} of places(YAML.parse(text))) {
    const inside = (root) => at.split('/').slice(1).reduce((node, key) => node[key], root);
    for (const key of Object.keys(inside(YAML.parse(text)))) {
      const dropped = YAML.parse(text);
      if (Array.isArray(inside(dropped))) inside(dropped).splice(Number(key), 1);
      else delete inside(dropped)[key];
      write(kind, dropped, `drop ${at}/${key}`);
      for (const value of nearMisses(inside(YAML.parse(text))[key])) {
        const changed = YAML.parse(text);
        inside(changed)[key] = value;
        write(kind, changed, `change ${at}/${key} to ${JSON.stringify(value)}`);
      }
    }
  }
}

const total = examples.length * (count + 1);
for (const [kind, text] of examples) write(kind, YAML.parse(text), 'as it is');
for (const [kind, text] of examples.slice(1)) systematic(kind, text);
if (written.length > total) throw new Error(`${written.length} files are needed to meet each key; COUNT is too small`);
while (written.length < total) {
  const [kind, text] = pick(examples);
  const value = YAML.parse(text);
  const done = [];
  for (let i = 0; i < 1 + below(2); ++i) {
    const filled = places(value).filter(({node}) => Object.keys(node).length > 0);
    if (filled.length > 0) done.push(pick(Object.values(mutations))(pick(filled)));
  }
  if (done.every((what) => what !== null)) write(kind, value, done.join('; '));
}
fs.writeFileSync(out, written.join(''));
