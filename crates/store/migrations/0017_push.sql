-- Web Push: where apps want to hear of notifications without asking. It ends with the grant.

CREATE TABLE push_subscriptions (
    id BIGINT PRIMARY KEY,                    -- of a sequence, so it is small: apps know it, and some read 32 bits
    grant_id BIGINT NOT NULL UNIQUE,
    member_id BIGINT NOT NULL,
    place BYTES NOT NULL,                     -- JSON of address and keys, sealed with the member's key
    alerts TEXT NOT NULL,                     -- kinds of notifications, with spaces between
    policy TEXT NOT NULL                      -- whose: all, followed, follower, none
);
CREATE INDEX push_subscriptions_member ON push_subscriptions (member_id);
