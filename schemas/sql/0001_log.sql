-- The event log. Append-only; each row holds some events of one commit, in the order in which they were taken.
CREATE TABLE log (
  first  INTEGER PRIMARY KEY,  -- number of its first event; numbers count from 1 without a gap
  count  INTEGER NOT NULL,
  places BLOB NOT NULL,        -- per event two little-endian u32: the number of the event before it under the same
                               -- primary identifier (0: none), and the offset in `body` behind its text
  body   TEXT NOT NULL         -- JSON: an array of events, each an array [arrived, time, claimed, source, id, type,
                               -- channel, ids, properties, traits]; times in ms since 1970, claimed 0 or the event's
                               -- own time that lay in the future
);

-- The hash of (source, id) of each event, in chunks, so that a restart need not read the log for them.
CREATE TABLE fingerprint (
  first  INTEGER PRIMARY KEY,  -- number of its first event
  hashes BLOB NOT NULL         -- little-endian u64 each
);

-- What came under the (source, id) of a stored event with other content; the stored one counts.
CREATE TABLE conflict (
  event  INTEGER NOT NULL,     -- number of the stored event
  hash   INTEGER NOT NULL,     -- of the content, so that a repeat counts once
  body   TEXT NOT NULL,        -- as in log
  PRIMARY KEY (event, hash)
) WITHOUT ROWID;

-- Every journey file that the store was run with.
CREATE TABLE journey_version (
  journey      TEXT NOT NULL,
  version      INTEGER NOT NULL,
  content_hash TEXT NOT NULL,  -- hex SHA-256 of `source`
  in_force     INTEGER,        -- ms since 1970; NULL: the first version, in force for ever
  file         TEXT NOT NULL,
  source       TEXT NOT NULL,
  PRIMARY KEY (journey, version)
) WITHOUT ROWID;

-- Names behind the numbers in customer.facts.
CREATE TABLE journey_name (
  journey  TEXT NOT NULL,
  version  INTEGER NOT NULL,
  kind     TEXT NOT NULL,      -- touchpoint, stage (of the touchpoint at `position`), channel, outcome, segment, promise
  position INTEGER NOT NULL,
  name     TEXT NOT NULL,
  PRIMARY KEY (journey, version, kind, position)
) WITHOUT ROWID;

-- Derived state, all as of one position in the log; the log's tail after it is replayed at a restart.
CREATE TABLE checkpoint (
  name  TEXT PRIMARY KEY,
  value ANY NOT NULL
) WITHOUT ROWID;

CREATE TABLE checkpoint_part (
  name  TEXT NOT NULL,         -- identities, heads
  part  INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (name, part)
) WITHOUT ROWID;

-- In two tables, because a restart reads only the states.
CREATE TABLE customer_state (
  number INTEGER PRIMARY KEY,
  state  BLOB NOT NULL         -- for the engine
);

CREATE TABLE customer (
  number INTEGER PRIMARY KEY,
  facts  TEXT NOT NULL         -- for the views: JSON
);
