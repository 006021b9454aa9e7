// Takes the pictures of docs/images from the page of a running server, with the example and 5,000 customers of `lotse simulate`
// (seed 7), as of a day on which they were still coming.
//   PAGE=http://127.0.0.1:8080 TOKEN=… node tests/browser/pictures.mjs [FOLDER]

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser, ask, base } from './browser.mjs';

const { TOKEN = '' } = process.env;
const folder = process.argv[2] ?? fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const journey = (await ask(TOKEN, '/journeys')).journeys[0].id;

const day = '2024-03-31';

/// A transition to nowhere, at the desk; and choices where the next is begun.
async function mistake(page) {
  const field = page.locator('.editor textarea');
  await page.waitForSelector('.version-line');
  await field.evaluate((area) => {
    const at = area.value.indexOf('to: nudge,') + 8;
    area.focus();
    area.setSelectionRange(at, at);
  });
  await page.keyboard.type('g');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.underlines u.error', { state: 'attached' });
  await field.evaluate((area) => {
    const at = area.value.indexOf('\n      - {to: call_back');
    area.setSelectionRange(at, at);
  });
  await page.keyboard.press('Enter');
  await page.keyboard.type('- {to: o');
  await page.waitForSelector('[role=option]');
}

/// What is cut out: from the page's top, as high as tells something.
const pictures = [
  { name: 'page-map', theme: 'light', view: 'map', height: 1080 },
  { name: 'page-findings', theme: 'light', view: 'findings', height: 905 },
  { name: 'page-desk', theme: 'light', view: 'desk', height: 905, act: mistake },
  { name: 'page-touchpoint', theme: 'dark', view: 'touchpoint/slot_search', height: 1035 },
];

const browser = await Browser.start();
for (const { name, theme, view, height, act } of pictures) {
  const page = await browser.page(name, { token: TOKEN });
  await page.setViewportSize({ width: 1440, height });
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.goto(`${base}#/${journey}/${view}?as_of=${day}`);
  await page.waitForSelector('h1');
  await browser.settled(page);
  await act?.(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
}
await browser.end(`${pictures.length} pictures taken`);
