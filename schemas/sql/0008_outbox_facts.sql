-- What another channel has to know of a message that the first one did not take; docs/outreach.md.
ALTER TABLE outbox ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';      -- what it is filled with, as it was handed out: JSON
ALTER TABLE outbox ADD COLUMN address TEXT NOT NULL DEFAULT '';       -- a hash of the address it was made for; empty: none
ALTER TABLE outbox ADD COLUMN deferred INTEGER NOT NULL DEFAULT 0;    -- 1: policy has put off its next attempt
