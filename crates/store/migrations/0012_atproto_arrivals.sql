-- AT Protocol: repositories that were brought here, and how far the hub has heard of what they hold. The subject is the
-- member.

CREATE TABLE atproto_arrivals (
    actor_id BIGINT PRIMARY KEY,
    rev TEXT NOT NULL,                        -- of the commit under which it came; what is newer was written here
    collection TEXT NOT NULL DEFAULT '',      -- where the hub is; '': at the beginning
    rkey TEXT NOT NULL DEFAULT '',            -- the last one of it that the hub has heard of
    missed BIGINT NOT NULL DEFAULT 0,         -- records of this round about what could not be asked for
    due BIGINT NOT NULL                       -- when to go on
);
CREATE INDEX atproto_arrivals_due ON atproto_arrivals (due);
