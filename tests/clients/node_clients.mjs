// The clients that run in Node. Each sends `count` numbered orders of one user, and ends when it says that all are sent.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(import.meta.url);
const { Analytics } = require("@segment/analytics-node");
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
const { CloudEvent, HTTP, emitterFor, httpTransport, Mode } = require("cloudevents");

async function segment({ url, token, user, count }) {
  const client = new Analytics({ writeKey: token, host: url, flushAt: 5, flushInterval: 100, maxRetries: 20 });
  client.on("error", (error) => console.error(`${user}:`, error));
  for (let n = 0; n < count; ++n) client.track({ userId: user, event: "Order Placed", properties: { n } });
  await client.closeAndFlush({ timeout: 60_000 });
}

async function rudder({ url, token, user, count }) {
  const client = new RudderAnalytics(token, {
    dataPlaneUrl: url,
    flushAt: 5,
    retryCount: 20,
    logLevel: "none",
    errorHandler: (error) => console.error(`${user}:`, error.message),
  });
  const message = (n) => ({ userId: user, event: "Order Placed", properties: { n } });
  const sent = Array.from({ length: count }, (_, n) => new Promise((resolve) => client.track(message(n), resolve)));
  const flushing = setInterval(() => client.flush().catch(() => {}), 50);
  await Promise.all(sent);
  clearInterval(flushing);
}

/// The last ten as a batch, the others one by one, in both modes.
async function cloudEvents({ url, token, user, count }) {
  const transport = httpTransport(`${url}/v1/cloudevents`);
  const authorization = `Bearer ${token}`;
  const event = (n) => new CloudEvent({
    id: `${user}-${n}`, source: "/clients", type: "order.placed", subject: "order/100%", userid: user, time: new Date().toISOString(),
    data: { n },
  });
  // The SDK sends once; who uses it sends again until it is answered.
  const until = async (send) => {
    for (let tries = 0; tries < 20; ++tries) {
      try {
        const answer = await send();
        if (JSON.parse(answer.body).accepted !== undefined) return;
      } catch { /* the connection was dropped */ }
      await sleep(20);
    }
    throw new Error(`${user}: given up`);
  };
  const emits = [Mode.BINARY, Mode.STRUCTURED].map((mode) => emitterFor(transport, { binding: HTTP, mode }));
  const single = count - 10;
  for (let n = 0; n < single; ++n) {
    const one = event(n);
    await until(() => emits[n % emits.length](one, { headers: { authorization } }));
  }
  const body = JSON.stringify(Array.from({ length: count - single }, (_, n) => event(single + n)));
  await until(() => transport({ headers: { "content-type": "application/cloudevents-batch+json" }, body }, { headers: { authorization } }));
}

export const clients = [
  { user: "segment-node", send: segment },
  { user: "rudder-node", send: rudder },
  { user: "cloudevents", send: cloudEvents, type: "order.placed" },
];
