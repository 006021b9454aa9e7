// A Chromium that watches over the page of a running server: whatever a page asks of another host, refuses by its content
// security policy, or fails at, is a fault.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { PAGE = 'http://127.0.0.1:8080', CHROMIUM = '/usr/bin/chromium' } = process.env;

/// Where the page is, and the API beside it.
export const base = new URL('/', PAGE).href;

/// For what waits on the server, in milliseconds; sanitized and on a busy machine.
export const patience = 60_000;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/// What a page says by itself when an answer is 404, which it is made for.
const expected = /status of 404/;

export class Browser {
  faults = [];
  requests = new Map(); ///< how many, by origin
  #waiting = new WeakMap(); ///< requests of a page that have no answer yet
  #folder = mkdtempSync(join(tmpdir(), 'lotse-page-'));
  #context;

  static async start(options = {}) {
    const browser = new Browser();
    browser.#context = await chromium.launchPersistentContext(browser.#folder, {
      executablePath: CHROMIUM,
      headless: true,
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
      ...options,
    });
    browser.#context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      const from = protocol === 'data:' ? protocol : origin;
      browser.requests.set(from, (browser.requests.get(from) ?? 0) + 1);
    });
    return browser;
  }

  tell(where, text) {
    this.faults.push(`${where}: ${text}`);
    console.log(this.faults.at(-1));
  }

  /// An empty page that keeps `token` as if its reader had signed in. `allowed`: errors of the console that are meant to come.
  async page(where, { token = '', allowed = expected } = {}) {
    const page = await this.#context.newPage();
    page.setDefaultTimeout(patience);
    const waiting = new Set();
    this.#waiting.set(page, waiting);
    page.on('request', (request) => {
      if (!request.url().includes('/v1/changes')) waiting.add(request); // which never ends
    });
    for (const over of ['requestfinished', 'requestfailed'])
      page.on(over, (request) => waiting.delete(request));
    page.on('console', (message) => {
      if (message.type() === 'error' && !allowed.test(message.text())) this.tell(where, message.text());
    });
    page.on('pageerror', (error) => this.tell(where, error.stack ?? error.message));
    if (token)
      await page.addInitScript((kept) => {
        sessionStorage.getItem('lotse.token') ?? sessionStorage.setItem('lotse.token', kept);
      }, token);
    return page;
  }

  /// Done when a page has all that it asked for, and shows it; false where that takes too long.
  async settled(page) {
    const end = Date.now() + patience;
    for (let quiet = 0; quiet < 4; ) {
      if (Date.now() > end) return false;
      await page.waitForTimeout(50);
      const busy =
        this.#waiting.get(page).size > 0 || (await page.evaluate(() => !!document.querySelector('.loading')));
      quiet = busy ? 0 : quiet + 1;
    }
    return true;
  }

  /// Tells what axe-core has against a page as it stands.
  async judge(page, where) {
    await page.evaluate(axe); // by the debugger, which the policy does not bind
    const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), rules);
    for (const { id, help, nodes } of violations)
      this.tell(
        where,
        `${id}: ${help} (${nodes.length}) ${nodes
          .slice(0, 3)
          .map(({ target, any }) => `${target}${any[0]?.message ? ` [${any[0].message.slice(0, 120)}]` : ''}`)
          .join(' | ')}`,
      );
  }

  /// Closes it and says what was asked of whom; the process ends with 1 where there was a fault.
  async end(summary) {
    await this.#context.close();
    rmSync(this.#folder, { recursive: true, force: true });
    const here = new URL(base).origin;
    for (const [origin, count] of this.requests)
      if (origin !== here && origin !== 'data:') this.tell('requests', `${count} to ${origin}`);
    console.log(
      `${summary}; ${this.requests.get(here) ?? 0} requests to ${here}; ${this.faults.length} faults`,
    );
    process.exitCode = this.faults.length > 0 ? 1 : 0;
  }
}

/// Presses `key` until what has the focus matches.
export async function tabTo(page, selector, key = 'Tab') {
  for (let presses = 0; presses < 200; ++presses) {
    await page.keyboard.press(key);
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`${key} does not reach ${selector}`);
}

/// What the API answers, as JSON.
export async function ask(token, path) {
  const answer = await fetch(new URL(`v1${path}`, base), { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export async function send(token, events) {
  const answer = await fetch(new URL('v1/events', base), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  });
  if (!answer.ok) throw new Error(`/events: ${answer.status} ${await answer.text()}`);
}

/// What an order in the example's web shop sends.
export function ordered(customer, rest = {}) {
  return {
    id: `order-${customer}`,
    source: 'page-test',
    type: 'order_placed',
    channel: 'web',
    time: new Date().toISOString(),
    ids: { user_id: customer },
    properties: { order_id: `o-${customer}`, product: 'broadband', plan: 'fibre', amount: 1, address: '-' },
    ...rest,
  };
}
