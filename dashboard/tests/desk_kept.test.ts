import assert from 'node:assert/strict';
import test from 'node:test';
import { rightsOf } from '../src/api/client';
import { forget, forgetAll, fresh, keep, keptCount, keptDraft } from '../src/desk/kept';
import { plainForm } from '../src/desk/newline';

/// A store of a tab, whose keys are its own properties.
class Store {
  [key: string]: unknown;
  getItem(key: string): string | null {
    return Object.hasOwn(this, key) ? String(this[key]) : null;
  }
  setItem(key: string, value: string): void {
    if (value.length > 500) throw new DOMException('full', 'QuotaExceededError');
    this[key] = value;
  }
  removeItem(key: string): void {
    delete this[key];
  }
}

const signIn = async (name: string): Promise<void> => {
  globalThis.fetch = () => Promise.resolve(new Response(JSON.stringify({ name, permissions: [] })));
  await rightsOf();
};
const draft = (text: string) => ({
  text,
  name: 'journeys/a.yaml',
  base: { text: '', etag: null, form: plainForm },
});
const begin = async (): Promise<void> => {
  globalThis.sessionStorage = new Store() as unknown as Storage;
  forgetAll();
  await signIn('ines');
};

test('kept: a text comes back with its name, to who wrote it and nobody else', async () => {
  await begin();
  assert.equal(keep(fresh, draft('mine')), true);
  await signIn('ada');
  assert.equal(keptDraft(fresh), null);
  assert.equal(keptCount(), 0);
  await signIn('ines');
  assert.deepEqual([keptDraft(fresh)!.text, keptDraft(fresh)!.name], ['mine', 'journeys/a.yaml']);
  assert.equal(keptCount(), 1);
  forget(fresh);
  assert.equal(keptDraft(fresh), null);
});

test('kept: a store that is full is said so, and the latest text is kept without it', async () => {
  await begin();
  assert.equal(keep('journeys/a.yaml', draft('short')), true);
  assert.equal(keep('journeys/a.yaml', draft('long'.repeat(200))), false);
  assert.equal(keptDraft('journeys/a.yaml')!.text, 'long'.repeat(200));
  assert.equal(keptCount(), 1);
  assert.equal(keep('journeys/a.yaml', draft('short again')), true);
  assert.equal(keptDraft('journeys/a.yaml')!.text, 'short again');
});

test('kept: signing out leaves nothing, and touches nothing else', async () => {
  await begin();
  sessionStorage.setItem('lotse.token', 'x');
  keep('journeys/a.yaml', draft('short'));
  keep('journeys/b.yaml', draft('long'.repeat(200)));
  assert.equal(keptCount(), 2);
  forgetAll();
  assert.equal(keptCount(), 0);
  assert.deepEqual(Object.keys(sessionStorage), ['lotse.token']);
});
