-- What was handed out and has not arrived, or never will; docs/outreach.md.
CREATE TABLE outbox (
  id         TEXT PRIMARY KEY,   -- the receiver's idempotency key
  namespace  TEXT NOT NULL,      -- an identifier of the customer; both empty: of nobody
  identifier TEXT NOT NULL,
  kind       INTEGER NOT NULL,   -- 0 message, 1 task, 2 alert
  route      TEXT NOT NULL,      -- channel, team:…, alerts
  journey    TEXT NOT NULL,
  touchpoint TEXT NOT NULL,
  effect     TEXT NOT NULL,      -- its key; empty for alerts
  failed     TEXT NOT NULL,      -- channels that have failed for it, a space between two
  made       INTEGER NOT NULL,   -- ms since 1970, as all instants here
  stale_at   INTEGER NOT NULL,   -- while another channel is left, no attempt later than this
  next       INTEGER NOT NULL,   -- of the next attempt
  attempts   INTEGER NOT NULL,
  dead       INTEGER NOT NULL,   -- 1: given up
  error      TEXT NOT NULL,      -- how the last attempt ended
  body       BLOB NOT NULL       -- as the adapter composed it
) WITHOUT ROWID;
CREATE INDEX outbox_by_customer ON outbox (namespace, identifier);
CREATE INDEX outbox_by_state ON outbox (dead, made);

CREATE VIEW deliveries AS
SELECT id, CASE kind WHEN 0 THEN 'message' WHEN 1 THEN 'task' ELSE 'alert' END AS kind, route, journey, touchpoint, effect,
       strftime('%Y-%m-%dT%H:%M:%fZ', made / 1000.0, 'unixepoch') AS made,
       CASE WHEN dead THEN NULL ELSE strftime('%Y-%m-%dT%H:%M:%fZ', next / 1000.0, 'unixepoch') END AS next,
       attempts, CASE WHEN dead THEN 'dead' ELSE 'waiting' END AS status, error
FROM outbox;

DROP VIEW effects;
CREATE VIEW effects AS
SELECT e.number, e.customer, e.journey, e.version, e.instance, e.stay, e.key,
       touchpoint.name AS touchpoint,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[4]') / 1000.0, 'unixepoch') AS due,
       json_extract(e.fact, '$[4]') AS due_ms,
       CASE
         WHEN json_extract(e.fact, '$[6]') IS NOT NULL THEN 'handed_out'
         WHEN json_extract(e.fact, '$[11]') THEN 'blocked'
         WHEN json_extract(e.fact, '$[8]') <= json_extract(e.fact, '$[5]')
              OR (json_extract(e.fact, '$[8]') IS NOT NULL AND json_extract(e.fact, '$[9]') <> 0) THEN 'withdrawn'
         WHEN json_extract(e.fact, '$[9]') = 0
              AND (SELECT value FROM checkpoint WHERE name = 'last_time') > json_extract(e.fact, '$[5]') THEN 'stale'
         ELSE 'pending' END AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[6]') / 1000.0, 'unixepoch') AS handed_out,
       channel.name AS channel,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[8]') / 1000.0, 'unixepoch') AS ended,
       CASE json_extract(e.fact, '$[9]') WHEN 1 THEN 'open' WHEN 2 THEN 'done' WHEN 3 THEN 'withdrawn' END AS task,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[10]') / 1000.0, 'unixepoch') AS deadline,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[12]') / 1000.0, 'unixepoch') AS deferred_until,
       nullif(json_extract(e.fact, '$[13]'), '') AS claimed_by
FROM (SELECT number, nullif(json_extract(facts, '$[0]'), '') AS customer, json_extract(journey.value, '$[0]') AS journey,
             json_extract(journey.value, '$[3][' || json_extract(effect.value, '$[2]') || '][0]') AS version,
             json_extract(effect.value, '$[2]') AS instance,
             json_extract(effect.value, '$[3]') AS stay,
             json_extract(effect.value, '$[0]') AS "key",
             effect.value AS fact
      FROM customer_facts AS customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[4]') AS effect) AS e
LEFT JOIN journey_name AS touchpoint
  ON touchpoint.journey = e.journey AND touchpoint.version = e.version AND touchpoint.kind = 'touchpoint'
 AND touchpoint.position = json_extract(e.fact, '$[1]')
LEFT JOIN journey_name AS channel
  ON channel.journey = e.journey AND channel.version = e.version AND channel.kind = 'channel'
 AND channel.position = json_extract(e.fact, '$[7]');
