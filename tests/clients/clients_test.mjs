// The real clients send to a real Lotse, through a proxy that makes them send again, and each event must be there once.
//
// usage: node clients_test.mjs node|browser LOTSE
// Ends with 77 (skipped) where npm cannot install the clients, or there is no Chromium.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SKIPPED = 77;
const PATIENCE = 60_000;  // milliseconds, for one client
const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const [kind, lotse] = process.argv.slice(2);
// Half of what is sent again meets a mischief again, and Segment's client in browsers waits twice as long each time.
const COUNT = kind === "node" ? 40 : 20;

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(SKIPPED);
}

if (!fs.existsSync(path.join(FOLDER, "node_modules", "playwright-core", "package.json")) &&
    spawnSync("npm", ["install", "--no-save", "--silent", "--ignore-scripts", "--prefix", FOLDER]).status !== 0) {
  skip("npm cannot install the clients");
}

const { Proxy } = await import("./proxy.mjs");
const { Service } = await import("./service.mjs");
const { clients, CHROMIUM } = await import(`./${kind}_clients.mjs`);
if (CHROMIUM && !fs.existsSync(CHROMIUM)) skip("chromium is not here");

/// What is wrong with what Lotse has of a user; empty: each order is there once, in its channel, and `others` beside them.
function faults(customer, type, others) {
  const numbers = (events) => events.map((event) => event.properties.n).sort((a, b) => a - b).join(" ");
  const orders = customer.events.filter((event) => event.type === type);
  const sent = Array.from({ length: COUNT }, (_, n) => n).join(" ");
  const beside = customer.events.filter((event) => event.type !== type).map((event) => event.type).join(" ");
  return [
    numbers(orders) === sent ? [] : `orders ${numbers(orders)}`,
    customer.events.every((event) => event.channel === "web") ? [] : "another channel than web",
    beside === others.join(" ") ? [] : `beside the orders: ${beside}`,
    customer.conflicts.length === 0 ? [] : `conflicts over ${numbers(customer.conflicts)}`,
  ].flat();
}

/// What the client itself cannot limit: it may wait for ever for an answer.
async function within(milliseconds, promise) {
  const late = sleep(milliseconds, undefined, { ref: false }).then(() => { throw new Error(`not done after ${milliseconds / 1000} s`); });
  return Promise.race([promise, late]);
}

/// Whether all that a client sends arrives once; tells it.
async function arrivesOnce(service, { user, send, type = "order_placed", others = [], disturbed = true }) {
  const proxy = new Proxy(service.url, { disturbs: disturbed });
  const begun = Date.now();
  const stored = async () => (await service.customer(user))?.events.length ?? 0;
  const arrived = async () => {
    while ((await stored()) < COUNT + others.length || proxy.owed.size > 0) await sleep(100);
  };
  const found = [];
  try {
    await within(PATIENCE, send({ url: await proxy.start(), token: service.token, user, count: COUNT, stored, arrived }));
  } catch (error) {
    found.push(error.message);
  }
  proxy.stop();
  const customer = await service.customer(user);
  found.push(...(customer ? faults(customer, type, others) : ["nothing has arrived"]));
  if (!proxy.allMet) found.push(`the proxy met it with ${JSON.stringify(proxy.met)}`);
  console.log(`${found.length === 0 ? "ok" : "FAILED"}: ${user}: ${((Date.now() - begun) / 1000).toFixed(1)} s; ` +
              `${JSON.stringify(proxy.met)}${found.map((fault) => `\n  ${fault}`).join("")}`);
  return found.length === 0;
}

let failed = 0;
const service = await Service.start(lotse, path.join(FOLDER, "..", "..", "journeys", "broadband"));
try {
  for (const client of clients) failed += !(await arrivesOnce(service, client));
  const rejects = await service.rejects();
  if (rejects.length > 0) {
    failed += 1;
    console.log("FAILED: rejected:", rejects.slice(0, 5));
  }
} finally {
  await service.stop();
}
process.exit(failed > 0 ? 1 : 0);
