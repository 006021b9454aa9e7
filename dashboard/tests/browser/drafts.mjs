// What becomes of a draft when things go wrong at the author's desk: typed while it is published, answers that are lost, names that
// are taken, other newlines, a tab without room, a script of another build, a token that is given up.
//   PAGE=http://127.0.0.1:8080 AUTHOR=… ADMIN=… node tests/browser/drafts.mjs

import assert from 'node:assert/strict';
import { Browser, ask, base } from './browser.mjs';

const { AUTHOR = '', ADMIN = '' } = process.env;
const browser = await Browser.start();
const passed = (what) => console.log(`ok  ${what}`);

const field = '.editor textarea';
const count = '.draft-actions button:has-text("Head count")';
const publish = '.draft-actions button:has-text("Publish")';
const name = '.desk-head input';
const meant = /status of 4(03|04|12|22)|net::ERR_FAILED/;
const address = (file) => `#/@desk/open?file=${encodeURIComponent(file)}`;
const open = async (where, hash, token = AUTHOR) => {
  const page = await browser.page(where, { token, allowed: meant });
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`${base}${hash}`);
  await page.waitForSelector(field);
  return page;
};
const text = (page) => page.inputValue(field);
const typeAt = async (page, key, words) => {
  await page.focus(field);
  await page.keyboard.press(key);
  await page.keyboard.type(words);
};
const isFocused = (page, selector) =>
  page.waitForFunction((wanted) => document.activeElement.matches(wanted), selector);
const isSaved = (page) => page.waitForSelector('.draft-state:has-text("As in the file")');
/// Counts and publishes what stands there, up to the press.
const countAndPress = async (page) => {
  const next = page.locator('.version-line.taken button');
  await page.waitForSelector(`${count}:enabled, .version-line.taken button`);
  if (await next.count()) await next.click();
  await page.waitForSelector(`${count}:enabled`);
  await page.click(count);
  await page.waitForSelector(`${publish}:enabled`);
  await page.click(publish);
};
const journeyOf = (id) =>
  `journey: ${id}\nversion: 1\ntouchpoints:\n  basket:\n    on: basket_filled\n    start: true\n    next: order\n  order:\n    on: order_placed\n    goal: true\n`;
const write = async (file, body, replace = '*') => {
  const answer = await fetch(new URL(`v1/desk/file?file=${encodeURIComponent(file)}`, base), {
    method: 'PUT',
    headers: {
      Authorization: `Bearer ${AUTHOR}`,
      'Content-Type': 'application/json',
      ...(replace === '*' ? { 'If-None-Match': '*' } : { 'If-Match': replace }),
    },
    body: JSON.stringify({ text: body }),
  });
  assert.equal(answer.status, 200, await answer.text());
};
const onDisk = async (file) => (await ask(AUTHOR, `/desk/file?file=${encodeURIComponent(file)}`)).text;

// A new journey: its name, its first publishing, and what is typed meanwhile.
{
  const page = await open('new', '#/@desk/new');
  await page.evaluate((body) => {
    const area = document.querySelector('.editor textarea');
    area.value = body;
    area.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }, journeyOf('drafts'));
  await page.fill(name, (await ask(AUTHOR, '/desk')).files[0].file);
  await page.waitForSelector('#desk-taken');
  await page.waitForTimeout(1500);
  assert.ok(await page.isDisabled(count), 'not under a name that is taken');
  await page.fill(name, '');
  await page.waitForTimeout(1000);
  assert.ok(await page.isDisabled(count), 'not without a name');
  await page.fill(name, 'journeys/other.yaml');
  await page.waitForSelector(`${count}:enabled`);
  await page.click(count);
  await page.waitForSelector(`${publish}:enabled`);
  await page.fill(name, 'journeys/drafts.yaml');
  await page.keyboard.press('Tab');
  await page.waitForSelector(`${count}:enabled`);
  assert.ok(await page.isDisabled(publish), 'another file needs another count');
  passed('a name that is taken or empty publishes nothing, another one needs another count');

  await page.reload();
  await page.waitForSelector(field);
  assert.equal(await page.inputValue(name), 'journeys/drafts.yaml');
  assert.equal(await text(page), journeyOf('drafts'));

  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route('**/v1/desk/file*', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await countAndPress(page);
  await page.waitForTimeout(500);
  await isFocused(page, '.draft-actions button:last-child');
  await typeAt(page, 'Control+End', '# typed meanwhile');
  answer();
  await page.waitForSelector('.notice.done');
  await isFocused(page, field);
  await page.unroute('**/v1/desk/file*');
  assert.equal(await onDisk('journeys/drafts.yaml'), journeyOf('drafts'));
  await page.waitForSelector('header select option:text-is("drafts")', { state: 'attached' });
  await page.reload();
  await page.waitForSelector(field);
  assert.equal(new URL(page.url()).hash, address('journeys/drafts.yaml'));
  await page.waitForSelector('text=is back');
  assert.equal(await text(page), `${journeyOf('drafts')}# typed meanwhile`);
  passed('a new journey keeps its name and its text, also what was typed while it was published');

  await countAndPress(page);
  await page.waitForSelector('.notice.done');
  assert.match(await onDisk('journeys/drafts.yaml'), /version: 2\n[^]*# typed meanwhile$/);
  await isSaved(page);
  await page.click('nav a:has-text("Author")');
  await page.waitForSelector('td:text-is("journeys/drafts.yaml")');
  await page.close();
}

// Answers that are lost, and those that say no.
{
  const page = await open('lost', address('journeys/drafts.yaml'));
  await typeAt(page, 'Control+End', ' more');
  await page.route('**/v1/desk/file*', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    await route.fetch();
    await route.abort();
  });
  await countAndPress(page);
  await page.waitForSelector('.outcome [role=alert]');
  await isFocused(page, '.outcome');
  await page.unroute('**/v1/desk/file*');
  await countAndPress(page);
  await page.waitForSelector('.notice.done:has-text("this very text")');
  await isSaved(page);
  passed('a write whose answer was lost is no conflict');

  await typeAt(page, 'Control+End', ' again');
  await page.route('**/v1/desk/file*', (route) =>
    route.request().method() === 'PUT'
      ? route.fulfill({ status: 412, json: { title: 'changed', detail: '' } })
      : route.continue(),
  );
  await countAndPress(page);
  await page.waitForSelector('.conflict');
  await isFocused(page, '.conflict');
  const alert = await page.textContent('.conflict [role=alert]');
  assert.equal(alert, 'The file was changed meanwhile. Nothing was published.');
  await page.click('text=Go on with my text');
  await isFocused(page, field);
  await page.unroute('**/v1/desk/file*');
  await page.waitForSelector(`${count}:enabled`);
  await page.click(count);
  await page.waitForSelector('.plan');
  await isFocused(page, '.plan');
  await page.click('.plan > button');
  await isFocused(page, field);
  await page.waitForSelector(`${count}:enabled`);
  passed('the focus goes to what came of it, and back to the text');
  await page.close({ runBeforeUnload: false });
}

// A file of another system.
{
  const windows =
    `\uFEFF${journeyOf('windows').replace('goal: true', 'goal: true\n    next: nudgge')}`.replaceAll(
      '\n',
      '\r\n',
    );
  const good = windows.replace('    next: nudgge\r\n', '');
  await write('journeys/windows.yaml', good);
  const page = await open('windows', address('journeys/windows.yaml'));
  await isSaved(page);
  await page.waitForSelector('.desk-sum:has-text("No findings")');
  await page.waitForSelector('.version-line:has-text("which is running")');
  await typeAt(page, 'Control+End', '    next: nudgge');
  await page.waitForSelector('.underlines u.error:text-is("nudgge")', { state: 'attached' });
  for (let letter = 0; letter < '    next: nudgge'.length; ++letter) await page.keyboard.press('Backspace');
  await isSaved(page);
  await page.keyboard.type('# mine');
  await countAndPress(page);
  await page.waitForSelector('.notice.done');
  assert.equal(await onDisk('journeys/windows.yaml'), `${good.replace('version: 1', 'version: 2')}# mine`);
  passed('a file with other newlines and a byte order mark keeps both');

  await page.setViewportSize({ width: 1000, height: 500 });
  await page.focus(field);
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Shift+PageDown');
  const selected = () => page.evaluate(() => getSelection().toString().split('\n').length);
  assert.ok((await selected()) > 5, 'a page is selected');
  await page.keyboard.press('PageUp');
  assert.equal(await page.evaluate(() => document.activeElement.selectionEnd), 0);
  passed('a page down and up moves the caret');
  await page.close({ runBeforeUnload: false });
}

// A tab without room, and whose the drafts are.
{
  const page = await open('room', address('journeys/windows.yaml'));
  await page.evaluate(() => {
    for (const size of [100_000, 1000, 1])
      try {
        for (let index = 0; ; ++index) sessionStorage.setItem(`x${size}.${index}`, 'y'.repeat(size));
      } catch {
        continue;
      }
  });
  await typeAt(page, 'Control+Home', '# without room ');
  await page.waitForSelector('.draft-state:has-text("no room")');
  await page.click('nav a:has-text("Author")');
  await page.click('a:has-text("windows")');
  await page.waitForSelector(field);
  assert.ok((await text(page)).startsWith('# without room'));
  passed('a tab that has no room says so, and keeps the text until a reload');
  await page.close({ runBeforeUnload: false });
}
{
  const page = await open('leaving', address('journeys/windows.yaml'));
  await typeAt(page, 'Control+Home', '# of ines ');
  const asked = page.waitForEvent('dialog');
  await page.click('.tools button:has-text("Sign out")');
  assert.match((await asked).message(), /1 text that is not published/);
  await page.fill('#token', ADMIN);
  await page.keyboard.press('Enter');
  await page.waitForSelector(field);
  await isSaved(page);
  assert.deepEqual(
    await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('lotse.draft'))),
    [],
  );
  passed('signing out asks, and leaves no draft to who comes next');
  await page.close({ runBeforeUnload: false });
}

// The server was replaced beneath an open tab; and a part that fails.
{
  const page = await browser.page('another build', { token: AUTHOR, allowed: meant });
  await page.route('**/desk.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      body: 'export const build="old",DeskView=()=>x,DeskHome=()=>x',
    }),
  );
  await page.goto(`${base}#/@desk`);
  await page.waitForSelector('main [role=alert] button');
  await page.waitForSelector('nav a:has-text("Author")');
  await page.unroute('**/desk.js');
  await page.click('main [role=alert] button');
  await page.waitForSelector('td:text-is("journeys/windows.yaml")');
  passed('a script of another build is not used, and the page stays');
  await page.close();
}
{
  const page = await browser.page('a fault', { token: AUTHOR, allowed: /./ });
  await page.route('**/v1/desk', (route) => route.fulfill({ json: {} }));
  await page.goto(`${base}#/@desk`);
  await page.waitForSelector('main [role=alert] button');
  await page.click('nav a:has-text("Journeys")');
  await page.waitForSelector('.journeys');
  passed('what fails is told in its place, and the next view is there');
  await page.close();
}

// Small screens, and colours that the system forces.
{
  const page = await open('narrow', address('journeys/windows.yaml'));
  await page.setViewportSize({ width: 320, height: 700 });
  for (const hash of ['#/@desk', '#/@desk/new', address('journeys/windows.yaml'), '#/windows/desk']) {
    await page.goto(`${base}${hash}`);
    await browser.settled(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, hash);
  }
  await page.setViewportSize({ width: 1200, height: 800 });
  await page.emulateMedia({ forcedColors: 'active' });
  await typeAt(page, 'Control+End', '\nst');
  await page.waitForSelector('[role=option][aria-selected=true]');
  for (const sign of ['.editor-scroll', '[role=option][aria-selected=true]'])
    assert.equal(
      await page.evaluate((one) => getComputedStyle(document.querySelector(one)).outlineStyle, sign),
      'solid',
      sign,
    );
  passed('320 pixels are enough; with forced colours what is chosen is outlined');
  await page.close({ runBeforeUnload: false });
}
await browser.end('drafts were put at risk');
