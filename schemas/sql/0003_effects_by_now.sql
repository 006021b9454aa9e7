-- An effect that nobody handed out is pending or stale as of the last check-point, whenever its customer was last written.
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
