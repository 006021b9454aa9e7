-- What a team has said of findings of the friction report; docs/finding-states.md. Nothing is ever changed or taken out
-- but a note: the latest change of a finding is its state. No customer is in it.
CREATE TABLE finding_change (
  number  INTEGER PRIMARY KEY,
  journey TEXT NOT NULL,
  finding TEXT NOT NULL,     -- drop_off:appointment:channel=web: signal, touchpoint and, of a part, cut and value
  state   TEXT NOT NULL,     -- open, seen, in_progress, mended, accepted
  at      INTEGER NOT NULL,  -- ms since 1970
  by_whom TEXT NOT NULL,
  note    TEXT NOT NULL,
  since   INTEGER,           -- of mended: from when on it is claimed to be, ms since 1970
  command TEXT UNIQUE,       -- of one with an idempotency key: the hash of whose key it was
  said    TEXT NOT NULL DEFAULT ''  -- … and of the request as it was said
);

CREATE INDEX finding_change_of_finding ON finding_change (journey, finding, number);

CREATE VIEW finding_changes AS
SELECT journey, finding, state, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, by_whom, note,
       strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS since, at AS at_ms, since AS since_ms
FROM finding_change
ORDER BY number;

CREATE VIEW finding_states AS
SELECT journey, finding, state, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, by_whom, note,
       strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS since, at AS at_ms, since AS since_ms
FROM finding_change
WHERE number IN (SELECT max(number) FROM finding_change GROUP BY journey, finding)
ORDER BY journey, finding;
