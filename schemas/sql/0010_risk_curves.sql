-- The curves that `risk` in conditions is read from, from `at` on; docs/methods/risk.md. Nothing is ever changed: what
-- was decided by a curve stays decided.
CREATE TABLE risk_refresh (
  number  INTEGER PRIMARY KEY,
  journey TEXT NOT NULL,
  at      INTEGER NOT NULL,  -- ms since 1970
  curves  TEXT NOT NULL      -- a line each: version, touchpoint, then age in ms and percent (or -) of each step
);

CREATE VIEW risk_refreshes AS
SELECT journey, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, at AS at_ms, curves
FROM risk_refresh
ORDER BY number;
