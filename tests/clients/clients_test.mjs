// The real clients send to a real Lotse, through a proxy that makes them send again, and each event must be there once.
//
// usage: node clients_test.mjs node|browsers LOTSE; ends with 77 (skipped) where npm cannot install the clients, or there is no
// Chromium, or no sqlite3.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SKIPPED = 77;
const FOLDER = path.dirname(new URL(import.meta.url).pathname);
const WORKSPACE = path.join(FOLDER, "..", "..", "journeys", "broadband");
const [kind, lotse] = process.argv.slice(2);

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(SKIPPED);
}

if (spawnSync("sqlite3", ["--version"]).status !== 0) skip("sqlite3 is not here");
if (kind === "browsers" && !fs.existsSync("/usr/bin/chromium")) skip("chromium is not here");
if (!fs.existsSync(path.join(FOLDER, "node_modules", "playwright-core", "package.json")) &&
    spawnSync("npm", ["install", "--no-save", "--silent", "--ignore-scripts", "--prefix", FOLDER]).status !== 0) {
  skip("npm cannot install the clients");
}

const { Proxy } = await import("./proxy.mjs");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lotse-clients-"));
const store = path.join(folder, "lotse.db");

function rows(sql) {
  return JSON.parse(execFileSync("sqlite3", ["-readonly", "-json", store, sql], { maxBuffer: 1 << 26 }).toString() || "[]");
}

const CLIENT = "json_extract(properties, '$.client')";
const NUMBER = "json_extract(properties, '$.n')";

async function arrived(client) {
  return rows(`SELECT count(*) AS n FROM events WHERE ${CLIENT} = '${client}'`)[0].n;
}

/// Starts Lotse on a free port.
async function serve(token) {
  const portFile = path.join(folder, "port");
  const server = spawn(lotse, ["serve", WORKSPACE, "--store", store, "--port", "0", "--port-file", portFile],
                       { stdio: ["ignore", "inherit", "inherit"] });
  let ended = false;
  server.on("exit", () => { ended = true; });
  while (!ended && !(fs.existsSync(portFile) && fs.readFileSync(portFile, "utf8").includes("\n"))) await sleep(50);
  if (ended) throw new Error("lotse serve has ended");
  return { url: `http://127.0.0.1:${Number(fs.readFileSync(portFile, "utf8"))}`, token, server };
}

async function one(name, send, running, count, type) {
  const proxy = new Proxy(running.url);
  const begun = Date.now();
  await send(await proxy.start(), running.token, count);
  proxy.stop();
  const stored = rows(`SELECT ${NUMBER} AS n, count(*) AS times, min(type) AS type FROM events WHERE ${CLIENT} = '${name}' GROUP BY 1 ORDER BY 1`);
  const right = stored.length === count && stored.every((row, n) => row.n === n && row.times === 1 && row.type === type);
  console.log(`${right && proxy.allMet ? "ok" : "FAILED"}: ${name}: ${stored.length} of ${count} events, ` +
              `${stored.filter((row) => row.times !== 1).length} of them not once; met ${JSON.stringify(proxy.met)}; ` +
              `${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return right && proxy.allMet;
}

let failed = 0;
let running;
try {
  const made = spawnSync(lotse, ["token", "add", "shop", "--role", "channel", "--channel", "web", "-w", WORKSPACE, "--store", store]);
  const token = /lotse_channel_[\w-]+/.exec(made.stdout.toString())?.[0];
  if (!token) throw new Error(`lotse token add: ${made.stdout}${made.stderr}`);
  running = await serve(token);
  const count = 40;
  if (kind === "node") {
    const { segmentNode, rudderNode, cloudEvents } = await import("./node_clients.mjs");
    failed += !(await one("segment-node", segmentNode, running, count, "order_placed"));
    failed += !(await one("rudder-node", rudderNode, running, count, "order_placed"));
    failed += !(await one("cloudevents", cloudEvents, running, count, "order.placed"));
  } else {
    const { withBrowser, segmentNext, rudderJs } = await import("./browser_clients.mjs");
    await withBrowser(async (world) => {
      for (const [name, send] of [["segment-next", segmentNext], ["rudder-js", rudderJs]]) {
        failed += !(await one(name, (url, key, n) => send(world, url, key, n, arrived), running, 20, "order_placed"));
      }
    });
  }
  const rejected = rows("SELECT reason, detail, place, text FROM rejects LIMIT 5");
  if (rejected.length > 0) {
    failed += 1;
    console.log("FAILED: rejected:", rejected);
  }
} catch (error) {
  failed += 1;
  console.log("FAILED:", error);
} finally {
  if (running) {
    const ended = new Promise((resolve) => running.server.once("exit", resolve));
    running.server.kill("SIGTERM");
    await ended;
  }
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit(failed > 0 ? 1 : 0);
