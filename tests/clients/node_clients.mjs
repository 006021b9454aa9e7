// The clients that run in Node. Each sends `count` events of its own `source`, each with a number, and ends when its client says
// that all are sent.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(import.meta.url);
const { Analytics } = require("@segment/analytics-node");
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
const { CloudEvent, HTTP, emitterFor, httpTransport, Mode } = require("cloudevents");

export async function segmentNode(url, token, count) {
  const client = new Analytics({ writeKey: token, host: url, flushAt: 5, flushInterval: 100, maxRetries: 20 });
  client.on("error", (error) => console.error("segment-node:", error));
  for (let n = 0; n < count; ++n) {
    client.track({ userId: `sn-${n % 7}`, event: "Order Placed", properties: { client: "segment-node", n } });
  }
  await client.closeAndFlush({ timeout: 60_000 });
}

export async function rudderNode(url, token, count) {
  const client = new RudderAnalytics(token, {
    dataPlaneUrl: url,
    flushAt: 5,
    retryCount: 20,
    logLevel: "none",
    errorHandler: (error) => console.error("rudder-node:", error.message),
  });
  const sent = [];
  for (let n = 0; n < count; ++n) {
    const message = { userId: `rn-${n % 7}`, event: "Order Placed", properties: { client: "rudder-node", n } };
    sent.push(new Promise((resolve) => client.track(message, resolve)));
  }
  const flushing = setInterval(() => client.flush().catch(() => {}), 50);
  await Promise.all(sent);
  clearInterval(flushing);
}

export async function cloudEvents(url, token, count) {
  const transport = httpTransport(`${url}/v1/cloudevents`);
  const emits = [Mode.BINARY, Mode.STRUCTURED].map((mode) => emitterFor(transport, { binding: HTTP, mode }));
  const batch = (events) => transport({
    headers: { "content-type": "application/cloudevents-batch+json" },
    body: JSON.stringify(events),
  }, { headers: { authorization: `Bearer ${token}` } });
  const event = (n) => new CloudEvent({
    id: `ce-${n}`, source: "/clients", type: "order.placed", subject: "order/100%", userid: `ce-${n % 7}`, time: new Date().toISOString(),
    data: { client: "cloudevents", n },
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
    throw new Error("cloudevents: given up");
  };
  let n = 0;
  for (; n < count - 10; ++n) {
    const one = event(n);
    const emit = emits[n % emits.length];
    await until(() => emit(one, { headers: { authorization: `Bearer ${token}` } }));
  }
  const last = Array.from({ length: count - n }, (_, i) => event(n + i));
  await until(() => batch(last));
}
