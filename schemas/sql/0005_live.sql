-- What gave no event, the latest some thousands; docs/store.md.
CREATE TABLE rejected (
  number  INTEGER PRIMARY KEY,
  arrived INTEGER NOT NULL,    -- ms since 1970
  sender  TEXT NOT NULL,       -- name of its token
  dialect TEXT NOT NULL,       -- native, segment, cloudevents
  reason  TEXT NOT NULL,
  detail  TEXT NOT NULL,
  place   TEXT NOT NULL,
  text    TEXT NOT NULL        -- what was sent, cut to 2 KiB
);

CREATE VIEW rejects AS
SELECT number, strftime('%Y-%m-%dT%H:%M:%fZ', arrived / 1000.0, 'unixepoch') AS arrived, sender, dialect, reason, detail,
       place, text
FROM rejected;
