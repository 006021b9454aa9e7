// How long the map of a journey takes from the server's data to the screen: for the journey of scripts/bench, which has sixty
// touchpoints and millions of events behind it. Prints JSON, in milliseconds.
//   PAGE=http://127.0.0.1:8080 TOKEN=… node tests/browser/wide.mjs

import { Browser, ask, base } from './browser.mjs';

const { TOKEN = '', PICTURE } = process.env;
const journey = (await ask(TOKEN, '/journeys')).journeys[0].id;
const browser = await Browser.start();
const page = await browser.page('wide', { token: TOKEN });

// What is looked for is there when the frame that paints it is done.
await page.addInitScript(() => {
  globalThis.painted = {};
  const signs = { cards: '.tp', flows: '.flow-count', verdicts: '.tp .split' };
  new MutationObserver(() => {
    for (const [name, sign] of Object.entries(signs)) {
      if (name in globalThis.painted || !document.querySelector(sign)) continue;
      globalThis.painted[name] = null;
      requestAnimationFrame(() => setTimeout(() => (globalThis.painted[name] = performance.now())));
    }
  }).observe(document, { childList: true, subtree: true });
});
await page.goto(`${base}#/${journey}/map`);
await page.waitForFunction(() => globalThis.painted.verdicts);
// Flows are drawn by whichever of the report and the map comes first.
await browser.settled(page);
const { painted, answers } = await page.evaluate(() => ({
  painted: globalThis.painted,
  answers: performance
    .getEntriesByType('resource')
    .filter(({ name }) => name.includes('/v1/'))
    .map(({ name, requestStart, responseEnd }) => ({
      path: new URL(name).pathname,
      brief: name.includes('brief'),
      took: responseEnd - requestStart,
      came: responseEnd,
    })),
}));
const answer = (path) => answers.filter((found) => found.path === path).at(-1);
const data = {
  cards: answer(`/v1/journeys/${journey}`),
  verdicts: answer('/v1/reports/friction'),
};
const map = answer(`/v1/journeys/${journey}/map`);
data.flows = map.came < painted.flows ? map : data.verdicts;
const touchpoints = await page.locator('.tp').count();
if (PICTURE) await page.screenshot({ path: PICTURE, fullPage: true });
console.log(
  JSON.stringify({
    touchpoints,
    ...Object.fromEntries(
      Object.entries(data).map(([name, { took, came }]) => [
        name,
        {
          server: Math.round(took),
          drawn: Math.round(painted[name] - came),
          shown: Math.round(painted[name]),
        },
      ]),
    ),
  }),
);
await browser.end('measured');
