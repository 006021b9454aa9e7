// The clients that run in browsers, in a real Chromium. Each sends `count` events from a page of another origin; `arrived(client)`
// tells how many are in the store.
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
               "--disable-component-update", "--disable-sync"];
const modules = path.join(path.dirname(new URL(import.meta.url).pathname), "node_modules");
const SCRIPTS = {
  "/segment.js": "@segment/analytics-next/dist/umd/index.js",
  "/rudder.js": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
};

async function site() {
  const server = http.createServer((request, response) => {
    const script = SCRIPTS[request.url];
    response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html" });
    const name = request.url.slice(1);
    response.end(script ? fs.readFileSync(path.join(modules, script))
                        : `<!doctype html><title>${name}</title><script src="/${name}.js"></script>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export async function withBrowser(use) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "lotse-clients-"));
  const pages = await site();
  const browser = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", args: FLAGS });
  try {
    await use({ browser, pages });
  } finally {
    await browser.close();
    pages.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

/// The page stays open, and its client tries again, until all has arrived.
async function until(count, client, arrived) {
  const end = Date.now() + 60_000;
  while (Date.now() < end && (await arrived(client)) < count) await sleep(200);
}

async function open({ browser, pages }, name) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${name}:`, error.message));
  await page.goto(`${pages.url}/${name}`);
  return page;
}

export async function segmentNext(world, url, token, count, arrived) {
  const page = await open(world, "segment");
  await page.evaluate(async ([cdnURL, writeKey, events]) => {
    const analytics = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL });
    await analytics.identify("sb-1", { email: "sb@example.net" });
    for (let n = 0; n < events; ++n) analytics.track("Order Placed", { client: "segment-next", n });
  }, [url, token, count]);
  await until(count, "segment-next", arrived);
  await page.close();
}

export async function rudderJs(world, url, token, count, arrived) {
  const page = await open(world, "rudder");
  await page.evaluate(([address, writeKey, events]) => {
    const Rudder = window.rudderanalytics?.RudderAnalytics ?? window.RudderAnalytics;
    const analytics = new Rudder();
    analytics.load(writeKey, address, { configUrl: address, queueOptions: { minRetryDelay: 200, maxRetryDelay: 1000 } });
    analytics.identify("rb-1", { email: "rb@example.net" });
    for (let n = 0; n < events; ++n) analytics.track("Order Placed", { client: "rudder-js", n });
  }, [url, token, count]);
  await until(count, "rudder-js", arrived);
  await page.close();
}

export function hasBrowser() {
  return fs.existsSync("/usr/bin/chromium");
}
