-- What has got worse, as its owner was told; docs/methods/alerts.md. The records are one value: there are few.
CREATE VIEW incidents AS
SELECT json_extract(record.value, '$.id') AS id,
       json_extract(record.value, '$.kind') AS kind,
       json_extract(record.value, '$.journey') AS journey,
       json_extract(record.value, '$.touchpoint') AS touchpoint,
       json_extract(record.value, '$.incident.owner') AS owner,
       json_extract(record.value, '$.incident.started') AS started,
       json_extract(record.value, '$.opened') AS opened,
       json_extract(record.value, '$.closed') AS closed,
       json_extract(record.value, '$.disproved') AS disproved,
       json_extract(record.value, '$.changes') AS changes,
       json_extract(record.value, '$.incident.drop_off.before') AS before,
       json_extract(record.value, '$.incident.drop_off.since') AS since,
       json_extract(record.value, '$.incident.drop_off.lost') AS lost,
       json_extract(record.value, '$.incident.sentence') AS sentence
FROM checkpoint, json_each(checkpoint.value, '$.incidents') AS record
WHERE checkpoint.name = 'incidents';
