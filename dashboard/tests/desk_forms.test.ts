import assert from 'node:assert/strict';
import test from 'node:test';
import { formOf, plainForm, withForm, withoutForm } from '../src/desk/newline';
import { difference } from '../src/desk/difference';
import { lineStarts, offsetAt, wordAt } from '../src/desk/places';
import { entriesOf } from '../src/desk/yaml';

const text = 'journey: shop\ntouchpoints:\n  basket:\n    next: nudgge\n';
const windows = text.replaceAll('\n', '\r\n');

test('forms: a file is written back as it was read, byte for byte', () => {
  for (const raw of [text, windows, `\uFEFF${text}`, `\uFEFF${windows}`, '', 'journey: a'])
    assert.equal(withForm(withoutForm(raw), formOf(raw)), raw);
  assert.deepEqual(formOf(text), plainForm);
});

test('forms: what is edited is "\\n" alone, with the same keys, places and no difference', () => {
  const read = withoutForm(`\uFEFF${windows}`);
  assert.equal(read, text);
  assert.deepEqual(entriesOf(read), entriesOf(text));
  assert.deepEqual(difference(read, text), [{ kind: 'gap', text: '' }]);
  const { start, end } = wordAt(read, offsetAt(read, lineStarts(read), 4, 11));
  assert.equal(read.slice(start, end), 'nudgge');
});

test('forms: a file that ends its lines in both ways keeps what most of them have', () => {
  assert.equal(formOf('a\r\nb\r\nc\n').newline, '\r\n');
  assert.equal(formOf('a\nb\nc\r\n').newline, '\n');
  assert.equal(withoutForm('a\rb\r\nc'), 'a\nb\nc');
});
