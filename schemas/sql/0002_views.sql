-- What analysts query; docs/store.md describes each column. Times are ISO 8601 text in UTC, and ms since 1970 in the
-- column of the same name with `_ms`. Everything but `events` and `conflicts` is as of the last check-point.

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
FROM log, json_each(log.body) AS event;

CREATE VIEW conflicts AS
SELECT event AS number,
       json_extract(body, '$[0]') AS arrived_ms,
       json_extract(body, '$[3]') AS source,
       json_extract(body, '$[4]') AS id,
       json_extract(body, '$[5]') AS type,
       json_extract(body, '$[8]') AS properties
FROM conflict;

CREATE VIEW checkpoints AS
SELECT (SELECT value FROM checkpoint WHERE name = 'position') AS events,
       (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', value / 1000.0, 'unixepoch') FROM checkpoint WHERE name = 'last_time')
         AS as_of;

CREATE VIEW customers AS
SELECT number,
       json_extract(facts, '$[0]') AS customer,
       json_extract(facts, '$[1]') AS events,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(facts, '$[2]') / 1000.0, 'unixepoch') AS last_event,
       json_extract(facts, '$[2]') AS last_event_ms,
       json_extract(facts, '$[3]') AS traits
FROM customer;

CREATE VIEW identifiers AS
SELECT number,
       json_extract(facts, '$[0]') AS customer,
       json_extract(id.value, '$[0]') AS namespace,
       json_extract(id.value, '$[1]') AS value
FROM customer, json_each(facts, '$[4]') AS id;

CREATE VIEW journeys AS
SELECT journey, version, content_hash,
       strftime('%Y-%m-%dT%H:%M:%fZ', in_force / 1000.0, 'unixepoch') AS in_force,
       file, source
FROM journey_version;

CREATE VIEW instances AS
SELECT number,
       json_extract(facts, '$[0]') AS customer,
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
FROM customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance;

-- The stays with their numbers still in place of names; what `stays` and `feedback` have in common.
CREATE VIEW stay_facts AS
SELECT number,
       json_extract(facts, '$[0]') AS customer,
       json_extract(journey.value, '$[0]') AS journey,
       json_extract(instance.value, '$[0]') AS version,
       instance.key AS instance,
       stay.key AS stay,
       stay.value AS fact,
       json_extract(instance.value, '$[12]') AS segment_sets
FROM customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance,
     json_each(instance.value, '$[10]') AS stay;

CREATE VIEW stays AS
SELECT f.number, f.customer, f.journey, f.version, f.instance, f.stay,
       touchpoint.name AS touchpoint,
       nullif(stage.name, '') AS stage,
       channel.name AS channel,
       CASE json_extract(fact, '$[2]')
         WHEN 0 THEN 'start' WHEN 1 THEN 'transition' WHEN 2 THEN 'milestone' WHEN 3 THEN 'went_back'
         WHEN 4 THEN 'skipped' WHEN 5 THEN 'elsewhere' WHEN 6 THEN 'hop' WHEN 7 THEN 'returned' END AS entry,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(fact, '$[3]') / 1000.0, 'unixepoch') AS entered,
       json_extract(fact, '$[3]') AS entered_ms,
       CASE json_extract(fact, '$[4]')
         WHEN 0 THEN 'open' WHEN 1 THEN 'advanced' WHEN 2 THEN 'hopped' WHEN 3 THEN 'went_back' WHEN 4 THEN 'dropped'
         WHEN 5 THEN 'exited' WHEN 6 THEN 'achieved' END AS cause,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(fact, '$[5]') / 1000.0, 'unixepoch') AS left_at,
       json_extract(fact, '$[5]') AS left_ms,
       target.name AS to_touchpoint,
       outcome.name AS outcome,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(fact, '$[8]') / 1000.0, 'unixepoch') AS recovered,
       json_extract(fact, '$[10]') AS repeats,
       json_extract(fact, '$[11]') AS blocked,
       json_extract(fact, '$[12]') AS deviations,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(fact, '$[13]') / 1000.0, 'unixepoch') AS escalated,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(fact, '$[14]') / 1000.0, 'unixepoch') AS promised,
       json_extract(fact, '$[14]') AS promised_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(fact, '$[15]') / 1000.0, 'unixepoch') AS deadline,
       json_extract(fact, '$[15]') AS deadline_ms,
       json_extract(fact, '$[16]') AS revived,
       json_extract(fact, '$[17]') AS forced_hop,
       json_extract(segment_sets, '$[' || json_extract(fact, '$[18]') || ']') AS segments
FROM stay_facts AS f
LEFT JOIN journey_name AS touchpoint
  ON touchpoint.journey = f.journey AND touchpoint.version = f.version AND touchpoint.kind = 'touchpoint'
 AND touchpoint.position = json_extract(fact, '$[0]')
LEFT JOIN journey_name AS stage
  ON stage.journey = f.journey AND stage.version = f.version AND stage.kind = 'stage'
 AND stage.position = json_extract(fact, '$[0]')
LEFT JOIN journey_name AS channel
  ON channel.journey = f.journey AND channel.version = f.version AND channel.kind = 'channel'
 AND channel.position = json_extract(fact, '$[1]')
LEFT JOIN journey_name AS target
  ON target.journey = f.journey AND target.version = f.version AND target.kind = 'touchpoint'
 AND target.position = json_extract(fact, '$[6]')
LEFT JOIN journey_name AS outcome
  ON outcome.journey = f.journey AND outcome.version = f.version AND outcome.kind = 'outcome'
 AND outcome.position = json_extract(fact, '$[7]');

CREATE VIEW feedback AS
SELECT f.number, f.customer, f.journey, f.version, f.instance, f.stay,
       touchpoint.name AS touchpoint,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(given.value, '$[0]') / 1000.0, 'unixepoch') AS time,
       json_extract(given.value, '$[0]') AS time_ms,
       CASE json_extract(given.value, '$[1]')
         WHEN 0 THEN 'nps' WHEN 1 THEN 'csat5' WHEN 2 THEN 'ces7' WHEN 3 THEN 'stars' WHEN 4 THEN 'sentiment' END
         AS scale,
       json_extract(given.value, '$[2]') AS score,
       json_extract(given.value, '$[3]') AS comment
FROM stay_facts AS f
JOIN json_each(f.fact, '$[19]') AS given
LEFT JOIN journey_name AS touchpoint
  ON touchpoint.journey = f.journey AND touchpoint.version = f.version AND touchpoint.kind = 'touchpoint'
 AND touchpoint.position = json_extract(f.fact, '$[0]');

CREATE VIEW promises AS
SELECT i.number, i.customer, i.journey, i.version, i.instance,
       name.name AS promise,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(promise.value, '$[1]') / 1000.0, 'unixepoch') AS made,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(promise.value, '$[2]') / 1000.0, 'unixepoch') AS deadline,
       json_extract(promise.value, '$[2]') AS deadline_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(promise.value, '$[3]') / 1000.0, 'unixepoch') AS reached,
       json_extract(promise.value, '$[3]') AS reached_ms
FROM (SELECT number, json_extract(facts, '$[0]') AS customer, json_extract(journey.value, '$[0]') AS journey,
             json_extract(instance.value, '$[0]') AS version, instance.key AS instance,
             json_extract(instance.value, '$[11]') AS facts
      FROM customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance) AS i
JOIN json_each(i.facts) AS promise
LEFT JOIN journey_name AS name
  ON name.journey = i.journey AND name.version = i.version AND name.kind = 'promise'
 AND name.position = json_extract(promise.value, '$[0]');

CREATE VIEW effects AS
SELECT e.number, e.customer, e.journey, e.version, e.instance, e.stay, e.key,
       touchpoint.name AS touchpoint,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[4]') / 1000.0, 'unixepoch') AS due,
       json_extract(e.fact, '$[4]') AS due_ms,
       CASE json_extract(e.fact, '$[5]')
         WHEN 0 THEN 'pending' WHEN 1 THEN 'handed_out' WHEN 2 THEN 'withdrawn' WHEN 3 THEN 'stale' END AS status,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[6]') / 1000.0, 'unixepoch') AS handed_out,
       channel.name AS channel,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[8]') / 1000.0, 'unixepoch') AS ended,
       CASE json_extract(e.fact, '$[9]') WHEN 1 THEN 'open' WHEN 2 THEN 'done' WHEN 3 THEN 'withdrawn' END AS task,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(e.fact, '$[10]') / 1000.0, 'unixepoch') AS deadline
FROM (SELECT number, json_extract(facts, '$[0]') AS customer, json_extract(journey.value, '$[0]') AS journey,
             json_extract(journey.value, '$[3][' || json_extract(effect.value, '$[2]') || '][0]') AS version,
             json_extract(effect.value, '$[2]') AS instance,
             json_extract(effect.value, '$[3]') AS stay,
             json_extract(effect.value, '$[0]') AS "key",
             effect.value AS fact
      FROM customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[4]') AS effect) AS e
LEFT JOIN journey_name AS touchpoint
  ON touchpoint.journey = e.journey AND touchpoint.version = e.version AND touchpoint.kind = 'touchpoint'
 AND touchpoint.position = json_extract(e.fact, '$[1]')
LEFT JOIN journey_name AS channel
  ON channel.journey = e.journey AND channel.version = e.version AND channel.kind = 'channel'
 AND channel.position = json_extract(e.fact, '$[7]');
