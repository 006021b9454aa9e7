// Writes at the author's desk as people do: by keyboard, with mistakes, after a reload, beside somebody else; and looks at it with
// a token that may not write. For the example journey; publishes a version of it, so it comes last.
//   PAGE=http://127.0.0.1:8080 AUTHOR=… ANALYST=… node tests/browser/desk.mjs

import assert from 'node:assert/strict';
import { Browser, ask, base, tabTo } from './browser.mjs';

const { AUTHOR = '', ANALYST = '' } = process.env;
const browser = await Browser.start();
const { id: journey, version } = (await ask(AUTHOR, '/journeys')).journeys[0];
const { file } = (await ask(AUTHOR, '/desk')).files[0];
const passed = (what) => console.log(`ok  ${what}`);

const field = '.editor textarea';
const count = '.draft-actions button:has-text("Head count")';
const publish = '.draft-actions button:has-text("Publish")';
const open = async (where, token, more = {}) => {
  const page = await browser.page(where, { token, ...more });
  await page.goto(`${base}#/${journey}/desk`);
  await page.waitForSelector(field);
  await page.waitForSelector('.draft-map .tp');
  return page;
};
const text = (page) => page.inputValue(field);
const lastLine = async (page) => (await text(page)).split('\n').at(-1);
const summed = (page, words) => page.waitForSelector(`.desk-sum:has-text("${words}")`);

/// Writes `body` as somebody else, over the API.
async function writeBeside(body) {
  const address = new URL(`v1/desk/file?file=${encodeURIComponent(file)}`, base);
  const { etag } = await ask(AUTHOR, `/desk/file?file=${encodeURIComponent(file)}`);
  const answer = await fetch(address, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${AUTHOR}`, 'Content-Type': 'application/json', 'If-Match': etag },
    body: JSON.stringify({ text: body }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

{
  const page = await browser.page('a part', { token: AUTHOR, allowed: /net::ERR_FAILED|status of 403/ });
  await page.route('**/desk.js', (route) => route.abort());
  await page.goto(`${base}#/${journey}/desk`);
  await page.waitForSelector('[role=alert]');
  await page.unroute('**/desk.js');
  await page.click('[role=alert] button');
  await page.waitForSelector(field);
  passed('a part of the page that did not come is said so, and comes when asked for again');
  await page.close();
}

{
  const page = await open('writing', AUTHOR, { allowed: /status of 4(03|12)/ });
  const before = await text(page);
  await tabTo(page, field);
  await page.keyboard.press('Control+End');
  await page.keyboard.type('  thanks:');
  await page.keyboard.press('Enter');
  assert.equal(await lastLine(page), '    ', 'a new line is deeper beneath a key');
  await page.keyboard.type('chan');
  await page.waitForSelector('[role=option][aria-selected=true]:has-text("channels")');
  assert.match(await page.getAttribute(field, 'aria-activedescendant'), /-0$/);
  await browser.judge(page, 'the list of choices');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=option]:has-text("email")');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.type('ema');
  await page.keyboard.press('Tab');
  assert.equal(await lastLine(page), '    channels: email');
  assert.ok(
    await page.evaluate((own) => document.activeElement.matches(own), field),
    'Tab chose, and stayed',
  );
  await page.keyboard.press('Enter');
  await page.keyboard.type('turn: ');
  await page.keyboard.press('Control+Space');
  await page.waitForSelector('[role=option]:has-text("The customer waits for you")');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('[role=listbox]').count(), 0);
  for (const line of ['us', 'on: thanked', 'start: true', 'next: nudgge']) {
    if (line !== 'us') await page.keyboard.press('Enter');
    await page.keyboard.type(line);
    await page.keyboard.press('Escape');
  }
  passed('by keyboard: keys and names are completed');

  await page.waitForSelector('.underlines u.error:text-is("nudgge")', { state: 'attached' });
  await summed(page, '1 error');
  await page.waitForSelector('.gutter-mark .severity.error');
  assert.match(await page.textContent('.desk-findings li'), /is no touchpoint.*did you mean nudge/s);
  await page.waitForSelector('.draft-map.dimmed .tp');
  assert.ok(await page.isDisabled(count));
  assert.equal(await page.locator('#tp-thanks').count(), 0, 'the map is that of the last good draft');
  await browser.judge(page, 'a draft with a mistake');
  await page.keyboard.press('Tab');
  assert.ok(
    !(await page.evaluate((own) => document.activeElement.matches(own), field)),
    'Tab leaves the text',
  );
  await page.focus('.desk-findings button');
  await page.keyboard.press('Enter');
  assert.equal(
    await page.evaluate((own) => document.activeElement.matches(own) && getSelection().toString(), field),
    'nudgge',
  );
  passed('a mistake is found as it is typed, underlined, and a press leads to it');

  await page.keyboard.type('nudg');
  await page.keyboard.press('Enter');
  assert.match(await text(page), /next: nudge$/);
  await page.waitForSelector('.draft-map:not(.dimmed) #tp-thanks.marked');
  await page.waitForSelector('.version-line.taken');
  await page.focus('#tp-thanks');
  await page.keyboard.press('Home');
  const first = await page.evaluate(() => document.activeElement.dataset.id);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => getSelection().toString()), first, 'the map leads to the lines');
  await page.waitForSelector(`#tp-${first}.marked`);
  passed('the map follows the draft, marks where the caret is, and leads to the lines');

  await page.click(`text=Make it version ${version + 1}`);
  assert.ok((await text(page)).includes(`\nversion: ${version + 1}\n`));
  await page.keyboard.press('Control+Z');
  assert.ok(!(await text(page)).includes(`\nversion: ${version + 1}\n`), 'undo takes it back');
  await page.keyboard.press('Control+Shift+Z');
  await page.waitForSelector(`.version-line:has-text("Version ${version + 1}")`);
  const written = await text(page);
  page.once('dialog', (dialog) => dialog.accept());
  await page.reload();
  await page.waitForSelector('text=is back');
  assert.equal(await text(page), written);
  passed('what is not published outlives a reload; leaving asks first');

  await page.click(count);
  await page.waitForSelector('.plan:has-text("sent at once")');
  assert.match(await page.textContent('.plan h3'), new RegExp(`version ${version + 1}`));
  await page.focus(field);
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' # so');
  await page.waitForSelector(`${count}:enabled`);
  assert.ok(await page.isDisabled(publish), 'another text needs another count');
  await page.click(count);
  await page.waitForSelector('.plan:not(:has(.bad))');
  await browser.judge(page, 'a head count');
  await writeBeside(`# beside\n${before.replace(/^version: .*/m, `version: ${version + 1}`)}`);
  await page.click(publish);
  await page.waitForSelector('.difference .theirs:has-text("# beside")');
  await page.waitForSelector('.difference .mine:has-text("thanks:")');
  await browser.judge(page, 'a conflict');
  await page.click('text=Go on with my text');
  await page.click(`text=Make it version ${version + 2}`);
  await page.click(count);
  await page.click(publish);
  await page.waitForSelector('.notice.done');
  assert.equal((await ask(AUTHOR, `/journeys/${journey}`)).version, version + 2);
  await page.waitForSelector('.draft-state:has-text("As in the file")');
  await page.waitForSelector(`.version-line:has-text("version ${version + 2}, which is running")`);
  await page.click('text=See it on the map');
  await page.waitForSelector('.map-frame #tp-thanks');
  passed('counted and published; a file that was changed meanwhile is shown beside the own text');
  await page.close();
}

{
  const page = await open('late', AUTHOR, { allowed: /status of 403/ });
  await summed(page, 'No findings');
  let held;
  await page.route('**/v1/desk/check', async (route) => {
    if (held) return route.continue();
    held = route;
  });
  await page.focus(field);
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('a: b');
  await page.keyboard.press('Enter');
  while (!held) await page.waitForTimeout(20);
  await page.keyboard.type('# c');
  await summed(page, '1 error');
  await held.fulfill({ json: { findings: [], journey: null, version: null } }).catch(() => undefined);
  await page.waitForTimeout(200);
  await summed(page, '1 error');
  await page.unroute('**/v1/desk/check');
  passed('an answer that comes late, for an earlier text, is dropped');
  await page.close({ runBeforeUnload: false });
}

{
  const page = await open('reading', ANALYST);
  await page.waitForSelector('text=may read here, and not write');
  assert.equal(await page.locator('.draft-actions').count(), 0);
  await page.focus(field);
  const before = await text(page);
  await page.keyboard.type('x');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Space');
  assert.equal(await text(page), before);
  assert.equal(await page.locator('[role=listbox]').count(), 0);
  await page.focus('.tp[tabindex="0"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.key-help code:has-text("touchpoints")');
  await summed(page, 'No findings');
  passed('who may not write reads, with check, map and help');
  await page.close();
}
await browser.end('the desk was used');
