// Opens every view in Chromium, light and dark, wide and narrow, English and German: no accessibility violation (axe-core),
// no word that is missing, nothing wider than the window, nothing against the content security policy, nothing from elsewhere.
//   PAGE=http://127.0.0.1:8080 TOKEN=… CUSTOMER=user_id:u000042 node tests/browser/check.mjs     (PAGE_ALL=1: all four looks)

import { Browser, ask, base } from './browser.mjs';

const { TOKEN = '', CUSTOMER = '', PAGE_ALL = '' } = process.env;
const journey = (await ask(TOKEN, '/journeys')).journeys[0].id;
const report = await ask(TOKEN, `/reports/friction?journey=${journey}&brief=true`);
const touchpoint = report.findings[0]?.touchpoint ?? report.touchpoints[0].touchpoint;
const task = (await ask(TOKEN, '/tasks?limit=1')).tasks[0]?.key;

const looks = [
  ['light', 1440, 'en'],
  ['dark', 390, 'de'],
  ...(PAGE_ALL
    ? [
        ['dark', 1440, 'de'],
        ['light', 390, 'en'],
      ]
    : []),
];
const views = [
  null, // signed out
  '#/',
  `#/${journey}/map`,
  `#/${journey}/map?view=map`,
  `#/${journey}/map?view=table`,
  `#/${journey}/map?from=-28d`,
  `#/${journey}/findings`,
  `#/${journey}/findings?by=channel`,
  `#/${journey}/touchpoint/${touchpoint}`,
  `#/${journey}/finding/drop_off:${touchpoint}`,
  `#/${journey}/compare`,
  `#/${journey}/scorecard`,
  `#/${journey}/desk`,
  '#/@desk',
  '#/@desk/new',
  '#/@customers',
  ...(CUSTOMER ? [`#/@customers/${CUSTOMER}`] : []),
  '#/@customers/nobody',
  '#/@tasks',
  ...(task ? [`#/@tasks/${task}`] : []),
];

/// Runs in the page: names of words that stand there in the words' place.
function unspoken(keys) {
  const names = new Set(keys.filter((key) => key.includes('.')));
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) said.push(walker.currentNode.data);
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [aria-valuetext]'))
    for (const name of ['aria-label', 'title', 'placeholder', 'aria-valuetext'])
      said.push(element.getAttribute(name) ?? '');
  return [...new Set(said.map((text) => text.trim()).filter((text) => names.has(text)))];
}

const browser = await Browser.start();
const keys = [
  ...new Set(
    (
      await Promise.all(['en', 'de'].map(async (name) => (await fetch(`${base}${name}.json`)).json()))
    ).flatMap(Object.keys),
  ),
];

const { headers } = await fetch(base);
const policy = headers.get('content-security-policy') ?? '';
if (!policy.includes("default-src 'none'") || /unsafe|\*/.test(policy))
  browser.tell('the page', `has the policy "${policy}"`);

let looked = 0;
for (const [theme, width, language] of looks) {
  for (const view of views) {
    const where = `${theme} ${width} ${language} ${view ?? 'signed out'}`;
    const page = await browser.page(where, { token: view === null ? '' : TOKEN });
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await page.addInitScript((chosen) => localStorage.setItem('lotse.language', chosen), language);
    await page.goto(base + (view ?? ''));
    await page.waitForSelector('h1').catch(() => browser.tell(where, 'shows no heading'));
    if (!(await browser.settled(page))) browser.tell(where, 'still loading');
    await browser.judge(page, where);
    const missing = await page.evaluate(unspoken, keys);
    if (missing.length > 0) browser.tell(where, `has no words for ${missing.join(', ')}`);
    const spoken = await page.evaluate(() => document.documentElement.lang);
    if (spoken !== language) browser.tell(where, `is in the language ${spoken}`);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (sideways > 1) browser.tell(where, `wider than the window by ${sideways} px`);
    ++looked;
    await page.close();
  }
}
await browser.end(`${looked} pages looked at`);
