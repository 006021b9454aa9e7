-- An erased event stays in log.body as ["<mark>","<fingerprint>"]: the mark is the first 32 hexadecimal digits of
-- SHA-256(salt, "source","id"), the fingerprint is that of table fingerprint. Its place in log.places names no event before it.

CREATE TABLE erasure (
  name  TEXT PRIMARY KEY,      -- salt; pending: 1 while an erasure is not finished
  value ANY NOT NULL
) WITHOUT ROWID;
INSERT INTO erasure (name, value) VALUES ('salt', randomblob(32)), ('pending', 0);

-- What reports still count of an erased customer, and nothing that tells who it was.
CREATE TABLE erased (
  number     INTEGER PRIMARY KEY,  -- counts from 1, in the order of erasure
  last_event INTEGER NOT NULL,     -- ms since 1970
  remains    TEXT NOT NULL,        -- for the engine: JSON by names, docs/store.md describes it
  facts      TEXT NOT NULL         -- for the views: as in customer
);

-- Events of others from which an erased identifier was taken out, and the hash of what they were, so that they are known
-- when they are sent again.
CREATE TABLE redacted (
  event INTEGER NOT NULL,
  hash  INTEGER NOT NULL,
  PRIMARY KEY (event, hash)
) WITHOUT ROWID;

-- Everybody whose facts count in a view: erased ones have a negative number and no name.
CREATE VIEW customer_facts AS
SELECT number, facts FROM customer
UNION ALL
SELECT -number, facts FROM erased;

DROP VIEW events;
CREATE VIEW events AS
SELECT log.first + event.key AS number,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(event.value, '$[1]') / 1000.0, 'unixepoch') AS time,
       json_extract(event.value, '$[1]') AS time_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(event.value, '$[0]') / 1000.0, 'unixepoch') AS arrived,
       json_extract(event.value, '$[0]') AS arrived_ms,
       nullif(json_extract(event.value, '$[2]'), 0) AS claimed_ms,
       json_extract(event.value, '$[3]') AS source,
       json_extract(event.value, '$[4]') AS id,
       json_extract(event.value, '$[5]') AS type,
       nullif(json_extract(event.value, '$[6]'), '') AS channel,
       json_extract(event.value, '$[7]') AS ids,
       json_extract(event.value, '$[8]') AS properties,
       json_extract(event.value, '$[9]') AS traits
FROM log, json_each(log.body) AS event
WHERE json_type(event.value, '$[1]') = 'integer';

DROP VIEW instances;
CREATE VIEW instances AS
SELECT number,
       nullif(json_extract(facts, '$[0]'), '') AS customer,
       json_extract(journey.value, '$[0]') AS journey,
       json_extract(instance.value, '$[0]') AS version,
       instance.key AS instance,
       json_extract(instance.value, '$[1]') AS "key",
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(instance.value, '$[2]') / 1000.0, 'unixepoch') AS opened,
       json_extract(instance.value, '$[2]') AS opened_ms,
       CASE json_extract(instance.value, '$[3]')
         WHEN 0 THEN 'active' WHEN 1 THEN 'achieved' WHEN 2 THEN 'exited' WHEN 3 THEN 'dropped' END AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(instance.value, '$[4]') / 1000.0, 'unixepoch') AS ended,
       json_extract(instance.value, '$[4]') AS ended_ms,
       CASE WHEN json_extract(instance.value, '$[6]') THEN 'restarted' ELSE
         (SELECT name FROM journey_name AS n
          WHERE n.journey = json_extract(journey.value, '$[0]') AND n.version = json_extract(instance.value, '$[0]')
            AND kind = 'outcome' AND position = json_extract(instance.value, '$[5]')) END AS outcome,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(instance.value, '$[7]') / 1000.0, 'unixepoch') AS achieved,
       json_extract(instance.value, '$[7]') AS achieved_ms,
       json_extract(instance.value, '$[8]') AS value,
       json_extract(instance.value, '$[9]') AS context
FROM customer_facts AS customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance;

DROP VIEW stay_facts;
CREATE VIEW stay_facts AS
SELECT number,
       nullif(json_extract(facts, '$[0]'), '') AS customer,
       json_extract(journey.value, '$[0]') AS journey,
       json_extract(instance.value, '$[0]') AS version,
       instance.key AS instance,
       stay.key AS stay,
       stay.value AS fact,
       json_extract(instance.value, '$[12]') AS segment_sets
FROM customer_facts AS customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance,
     json_each(instance.value, '$[10]') AS stay;

DROP VIEW promises;
CREATE VIEW promises AS
SELECT i.number, i.customer, i.journey, i.version, i.instance,
       name.name AS promise,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(promise.value, '$[1]') / 1000.0, 'unixepoch') AS made,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(promise.value, '$[2]') / 1000.0, 'unixepoch') AS deadline,
       json_extract(promise.value, '$[2]') AS deadline_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(promise.value, '$[3]') / 1000.0, 'unixepoch') AS reached,
       json_extract(promise.value, '$[3]') AS reached_ms
FROM (SELECT number, nullif(json_extract(facts, '$[0]'), '') AS customer, json_extract(journey.value, '$[0]') AS journey,
             json_extract(instance.value, '$[0]') AS version, instance.key AS instance,
             json_extract(instance.value, '$[11]') AS facts
      FROM customer_facts AS customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance) AS i
JOIN json_each(i.facts) AS promise
LEFT JOIN journey_name AS name
  ON name.journey = i.journey AND name.version = i.version AND name.kind = 'promise'
 AND name.position = json_extract(promise.value, '$[0]');

DROP VIEW effects;
CREATE VIEW effects AS
SELECT e.number, e.customer, e.journey, e.version, e.instance, e.stay, e.key,
       touchpoint.name AS touchpoint,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[4]') / 1000.0, 'unixepoch') AS due,
       json_extract(e.fact, '$[4]') AS due_ms,
       CASE
         WHEN json_extract(e.fact, '$[6]') IS NOT NULL THEN 'handed_out'
         WHEN json_extract(e.fact, '$[8]') <= json_extract(e.fact, '$[5]') THEN 'withdrawn'
         WHEN (SELECT value FROM checkpoint WHERE name = 'last_time') > json_extract(e.fact, '$[5]') THEN 'stale'
         ELSE 'pending' END AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[6]') / 1000.0, 'unixepoch') AS handed_out,
       channel.name AS channel,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[8]') / 1000.0, 'unixepoch') AS ended,
       CASE json_extract(e.fact, '$[9]') WHEN 1 THEN 'open' WHEN 2 THEN 'done' WHEN 3 THEN 'withdrawn' END AS task,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[10]') / 1000.0, 'unixepoch') AS deadline
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
