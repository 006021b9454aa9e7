// The clients that run in browsers, in a real Chromium, on a page of another origin than Lotse's. A visitor places an order, says
// who it is, and places the others.
import assert from "node:assert";
import fs from "node:fs";
import http from "node:http";
import { chromium } from "playwright-core";

export const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
               "--disable-component-update", "--disable-sync"];
const MODULES = new URL("node_modules/", import.meta.url);

/// `load` runs in the page, as the package's documentation has it. With the options `atOnce` a client sends each event by itself and
/// keeps what is not answered; with `atTheEnd` it gathers all until the page is left.
const SEGMENT = {
  script: "@segment/analytics-next/dist/umd/index.js",
  load: ({ url, token, options }) => {
    window.analytics = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: token, cdnURL: url }, options);
  },
  atOnce: {},
  atTheEnd: {
    integrations: { "Segment.io": { deliveryStrategy: { strategy: "batching", config: { size: 1000, timeout: 600_000 } } } },
  },
};
const RUDDER = {
  script: "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
  load: ({ url, token, options }) => {
    window.analytics = new window.rudderanalytics.RudderAnalytics();
    window.analytics.load(token, url, { configUrl: url, ...options });
  },
  atOnce: { queueOptions: { minRetryDelay: 200, maxRetryDelay: 1000 } },
  atTheEnd: { useBeacon: true, beaconQueueOptions: { maxItems: 1000 } },
};

/// Runs in the page. `placed` is done when the client has sent or gathered all, as far as it tells.
function placeOrders({ user, count }) {
  const place = (n) => window.analytics.track("Order Placed", { n });
  const first = place(0);
  const known = window.analytics.identify(user, { email: `${user}@example.net` });
  window.placed = Promise.all([first, known, ...Array.from({ length: count - 1 }, (_, n) => place(n + 1))]);
}

/// A web shop's pages: `/shop` has the client's script, every other one is empty.
async function openShop(script) {
  const server = http.createServer((request, response) => {
    const isScript = request.url === "/client.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    if (isScript) return response.end(fs.readFileSync(new URL(script, MODULES)));
    response.end(`<!doctype html><title>Shop</title>${request.url === "/shop" ? '<script src="/client.js"></script>' : ""}`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/// In a browser of its own: what a client keeps there is not another's.
async function inBrowser(sdk, sent, visit) {
  const shop = await openShop(sdk.script);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`${sent.user}: ${error.message}`));
    const enter = async (options) => {
      await page.goto(`${shop.url}/shop`);
      await page.evaluate(sdk.load, { url: sent.url, token: sent.token, options });
      await page.evaluate(() => new Promise((resolve) => window.analytics.ready(resolve)));
    };
    const order = () => page.evaluate(placeOrders, { user: sent.user, count: sent.count });
    await visit({ page, enter, order, elsewhere: `${shop.url}/elsewhere` });
  } finally {
    await browser.close();
    shop.close();
  }
}

/// The page stays, and its client sends again until all is answered.
const stays = (sdk) => (sent) => inBrowser(sdk, sent, async ({ enter, order }) => {
  await enter(sdk.atOnce);
  await order();
  await sent.arrived();
});

/// What has gathered is sent by a request that outlives its page; nobody is left to send it again.
const leaves = (sdk) => (sent) => inBrowser(sdk, sent, async ({ page, enter, order, elsewhere }) => {
  await enter(sdk.atTheEnd);
  await order();
  await page.evaluate(() => window.placed.then(() => {}));
  assert.equal(await sent.stored(), 0, "events sent before the page is left");
  await page.goto(elsewhere);
  await sent.arrived();
});

/// What cannot be sent is kept in the browser's storage until the next visit. Meanwhile the visitor reads a page that needs no network.
const goesOffline = (sdk) => (sent) => inBrowser(sdk, sent, async ({ page, enter, order, elsewhere }) => {
  await enter(sdk.atOnce);
  await page.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.context().setOffline(true);
  await order();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_000)));  // Segment's `placed` waits for the network
  await page.goto(elsewhere);
  await page.waitForFunction((count) => JSON.stringify(localStorage).split("Order Placed").length > count, sent.count);
  assert.equal(await sent.stored(), 0, "events sent while offline");
  await page.context().setOffline(false);
  await enter(sdk.atOnce);
  await sent.arrived();
});

export const clients = [
  { user: "segment-browser-stays", send: stays(SEGMENT), others: ["identify"] },
  { user: "segment-browser-leaves", send: leaves(SEGMENT), others: ["identify"], disturbed: false },
  { user: "segment-browser-goes-offline", send: goesOffline(SEGMENT), others: ["identify"] },
  { user: "rudder-browser-stays", send: stays(RUDDER), others: ["identify"] },
  { user: "rudder-browser-leaves", send: leaves(RUDDER), others: ["identify"], disturbed: false },
  { user: "rudder-browser-goes-offline", send: goesOffline(RUDDER), others: ["identify"] },
];
