-- The embedded Nostr relay: what its clients may read. Nothing that was only fetched from elsewhere is in here.
-- Ids and keys are lower-case hex. Times of events are in seconds, as they were signed; `at` is in milliseconds.

CREATE TABLE nostr_events (
    seq BIGINT PRIMARY KEY,                   -- order of arrival (a time-ordered id)
    id TEXT NOT NULL UNIQUE,
    pubkey TEXT NOT NULL,                     -- the subject
    kind BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    address TEXT,                             -- kind:pubkey:d of replaceable and addressable events
    recipient TEXT,                           -- of a gift wrap: the only one who may read it
    expires_at BIGINT,
    pending BIGINT NOT NULL DEFAULT 0,        -- 1: the hub has yet to hear of it, 2: and it is a member's act
    json TEXT NOT NULL
);
CREATE UNIQUE INDEX nostr_events_address ON nostr_events (address) WHERE address IS NOT NULL;
CREATE INDEX nostr_events_author ON nostr_events (pubkey, created_at);
CREATE INDEX nostr_events_kind ON nostr_events (kind, created_at);
CREATE INDEX nostr_events_time ON nostr_events (created_at);
CREATE INDEX nostr_events_recipient ON nostr_events (recipient) WHERE recipient IS NOT NULL;
CREATE INDEX nostr_events_expiry ON nostr_events (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX nostr_events_pending ON nostr_events (seq) WHERE pending > 0;

-- Single-letter tags: the letter and the first value in one text.
CREATE TABLE nostr_tags (
    seq BIGINT NOT NULL,
    key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (seq, key)
) CLUSTERED;
CREATE INDEX nostr_tags_key ON nostr_tags (key, created_at);

-- What authors asked to delete (NIP-09): `e` and an id, or `a` and an address with all versions up to `until`.
CREATE TABLE nostr_deleted (
    target TEXT NOT NULL,
    pubkey TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (target, pubkey)
) CLUSTERED;

-- Who asked to vanish (NIP-62): nothing up to `until` by or to them comes back.
CREATE TABLE nostr_vanished (
    pubkey TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);

-- Apps that sign through us (NIP-46): which grant an app's key stands for.
CREATE TABLE nostr_sessions (
    client TEXT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    grant_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX nostr_sessions_member ON nostr_sessions (member_id);

-- Events that wait for a member's own signer (NIP-46), unsigned.
CREATE TABLE nostr_unsigned (
    id TEXT PRIMARY KEY,                      -- the id it will have
    actor_id BIGINT NOT NULL,
    object_id BIGINT NOT NULL,
    template TEXT NOT NULL,
    destinations TEXT NOT NULL,               -- JSON array of relay URLs
    act TEXT NOT NULL,
    at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL
);
CREATE INDEX nostr_unsigned_due ON nostr_unsigned (next_at);
CREATE INDEX nostr_unsigned_object ON nostr_unsigned (object_id);
CREATE INDEX nostr_unsigned_actor ON nostr_unsigned (actor_id);
