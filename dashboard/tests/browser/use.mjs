// Uses the page as people do: by keyboard alone from signing in to a finding and what is to become of it, an event that arrives while the map is open, a task
// taken, noted and completed, a customer back in time, tokens of each role. For the example journey with at least one open task;
// posts an event and completes that task.
//   PAGE=http://127.0.0.1:8080 ADMIN=… ANALYST=… AGENT=… CUSTOMER=user_id:u000042 node tests/browser/use.mjs

import assert from 'node:assert/strict';
import { Browser, base, ordered, send, tabTo } from './browser.mjs';

const { ADMIN = '', ANALYST = '', AGENT = '', CUSTOMER = '' } = process.env;
const browser = await Browser.start();
const open = async (where, token, hash = '', more = {}) => {
  const page = await browser.page(where, { token, ...more });
  await page.goto(base + hash);
  return page;
};
const passed = (what) => console.log(`ok  ${what}`);

{
  const page = await open('keyboard', '', '', { allowed: /status of 40[134]/ });
  await page.waitForSelector('#token');
  await tabTo(page, '#token');
  await page.keyboard.type('no such token');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=alert]');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(ADMIN);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.tp .split');
  assert.equal(await page.evaluate(() => localStorage.length), 0, 'nothing outlives the tab');
  passed('a wrong token is told, a right one opens the map');

  await tabTo(page, '.tp');
  const first = await page.evaluate(() => document.activeElement.id);
  await page.keyboard.press('ArrowRight');
  const second = await page.evaluate(() => document.activeElement.id);
  assert.notEqual(second, first);
  assert.equal(await page.locator('.tp[tabindex="0"]').count(), 1, 'one stop for the tab key');
  const scale = () =>
    page.evaluate(() =>
      Number(/scale\(([^)]+)\)/.exec(document.querySelector('.map-world').style.transform)[1]),
    );
  const before = await scale();
  await page.keyboard.press('+');
  assert.ok((await scale()) > before);
  await page.keyboard.press('0');
  assert.ok(Math.abs((await scale()) - before) < 1e-6);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.facts');
  assert.match(page.url(), new RegExp(`touchpoint/${second.slice(3)}$`));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  passed('by keyboard: a touchpoint on the map is reached and opened');

  await tabTo(page, 'nav a[href*="/findings"]', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.finding');
  await tabTo(page, '.finding a[href*="/finding/"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=How it was tested');
  passed('by keyboard: a finding is opened');

  await tabTo(page, '.finding-change summary');
  await page.keyboard.press('Enter');
  await tabTo(page, '.finding-change select');
  await page.keyboard.type('accepted');
  await tabTo(page, '.finding-change input');
  await page.keyboard.type('as agreed in May');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.finding-state >> text=as agreed in May');
  await page.waitForSelector('.prose >> text=as agreed in May');
  assert.equal(await page.locator('.finding-state strong').innerText(), 'accepted');
  passed('by keyboard: what is to become of it is said, and told in its history');

  await page.click('nav >> text=Findings');
  await page.waitForSelector('.finding');
  assert.ok(!(await page.locator('.what-text').first().isVisible()));
  await page.click('text=Explain figures');
  assert.ok(await page.locator('.what-text').first().isVisible());
  await page.selectOption('.tools select >> nth=1', 'de');
  await page.waitForSelector('text=Worauf das beruht');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await page.evaluate(() => localStorage.clear());
  passed('explanations on demand, German without a reload');
  await page.close();
}

{
  const page = await open('live', ANALYST);
  await page.waitForSelector('.tp .split');
  await page.waitForSelector('.live.on');
  await page.evaluate(() => {
    globalThis.same = true;
  });
  const figure = async () => Number((await page.locator('#tp-order b').textContent()).replace(/\D/g, ''));
  const before = await figure();
  const begun = Date.now();
  await send(ADMIN, [ordered(`live-${begun}`)]);
  await page.waitForFunction(
    (wanted) => Number(document.querySelector('#tp-order b').textContent.replace(/\D/g, '')) === wanted,
    before + 1,
  );
  const took = Date.now() - begun;
  assert.ok(await page.evaluate(() => globalThis.same), 'the page was not loaded again');
  passed(`an event changes the map's count ${took} ms after it was posted, without a reload`);

  assert.equal(await page.locator('nav >> text=Tasks').count(), 0);
  await page.goto(`${base}#/@tasks`);
  await page.waitForSelector('text=may not see this');
  passed('an analyst sees no customers and no tasks');
  await page.close();
}

{
  const page = await open('tasks', AGENT, '', { allowed: /status of 40[34]|net::ERR_FAILED/ });
  await page.waitForSelector('table.list');
  assert.equal(await page.locator('nav >> text=Map').count(), 0);
  const name = await page.locator('tbody th a').first().getAttribute('href');
  await page.fill('input[autocomplete=name]', 'Kim');
  await page.keyboard.press('Tab');
  await page.locator('tbody button').first().click();
  await page.waitForSelector('text=Kim');
  passed('an agent takes a task');

  await page.goto(base + name);
  await page.fill('#note', '<img src=x onerror=alert(1)>');
  await page.click('text=Add note');
  await page.waitForSelector('q:has-text("<img src=x")');
  passed('a note is kept, and is text');

  const keys = [];
  let broken = false;
  await page.route('**/complete', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (broken) await route.continue();
    else await route.abort();
    broken = true;
  });
  await page.fill('#result', 'helped');
  const complete = page.locator('button[type=submit]', { hasText: 'Complete' });
  await complete.click();
  await page.waitForSelector('text=does not answer');
  await complete.click();
  await page.waitForSelector('text=The journey goes on');
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  passed('what failed on the way is sent again under the same key');
  await page.close();
}

if (CUSTOMER) {
  const page = await open('customer', AGENT, `#/@customers/${CUSTOMER}`);
  await page.waitForSelector('#travel');
  await page.waitForSelector('.timeline > li');
  const all = await page.locator('.timeline > li').count();
  await page.locator('#travel').focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => location.hash.includes('as_of='));
  await page.waitForFunction((count) => document.querySelectorAll('.timeline > li').length < count, all);
  await page.click('text=Back to now');
  await page.waitForFunction((count) => document.querySelectorAll('.timeline > li').length === count, all);
  passed('back in time, and to now');
  await page.locator('.instance a').first().click();
  await page.waitForSelector('.why-outcome');
  passed('why a message came, or did not');
  await page.selectOption('.tools select >> nth=1', 'de');
  await page.waitForFunction(
    () =>
      /steht bei/.test(document.querySelector('.timeline')?.textContent ?? '') &&
      !document.querySelector('.timeline [lang=en], .why [lang=en]'),
  );
  await page.evaluate(() => localStorage.clear());
  passed('the timeline and the reasons are told in German');
  await page.close();
}
await browser.end('the page was used');
