-- What became of a version after it was published, in the order in which it was decided.
CREATE TABLE version_change (
  number  INTEGER PRIMARY KEY,
  journey TEXT NOT NULL,
  version INTEGER NOT NULL,
  what    INTEGER NOT NULL,  -- 0 drained, 1 resumed, 2 stopped
  at      INTEGER NOT NULL   -- ms since 1970
);

CREATE VIEW version_changes AS
SELECT journey, version,
       CASE what WHEN 0 THEN 'drained' WHEN 1 THEN 'resumed' WHEN 2 THEN 'stopped' END AS what,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, at AS at_ms
FROM version_change
ORDER BY number;

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
       CASE json_extract(instance.value, '$[6]') WHEN 1 THEN 'restarted' WHEN 2 THEN 'stopped' WHEN 3 THEN 'moved' ELSE
         (SELECT name FROM journey_name AS n
          WHERE n.journey = json_extract(journey.value, '$[0]') AND n.version = json_extract(instance.value, '$[0]')
            AND kind = 'outcome' AND position = json_extract(instance.value, '$[5]')) END AS outcome,
       strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(instance.value, '$[7]') / 1000.0, 'unixepoch') AS achieved,
       json_extract(instance.value, '$[7]') AS achieved_ms,
       json_extract(instance.value, '$[8]') AS value,
       json_extract(instance.value, '$[9]') AS context
FROM customer_facts AS customer, json_each(facts, '$[5]') AS journey, json_each(journey.value, '$[3]') AS instance;
