-- AT Protocol: how members' apps are signed in. Each sign-in belongs to a grant, and ends with it.

CREATE TABLE atproto_sessions (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    grant_id BIGINT NOT NULL,
    kind TEXT NOT NULL,                       -- full, app, app-privileged, takendown, oauth
    facts TEXT NOT NULL,                      -- JSON: of OAuth the client, the scopes, the key of the proofs
    refresh BYTES NOT NULL,                   -- SHA-256 of what renews it
    refresh_before BYTES,                     -- the same of the one before
    rotated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL                -- when it can be renewed no longer
);
CREATE INDEX atproto_sessions_actor ON atproto_sessions (actor_id);
CREATE INDEX atproto_sessions_expires ON atproto_sessions (expires_at);

-- Passwords for one app each. The random part is long enough for a plain hash.
CREATE TABLE atproto_app_passwords (
    grant_id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    hash BYTES NOT NULL,
    name TEXT NOT NULL,
    privileged BIGINT NOT NULL,               -- 1: may also read and write private messages (chat.bsky.*)
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX atproto_app_passwords_hash ON atproto_app_passwords (actor_id, hash);

-- Handles of members on domains of their own.
CREATE TABLE atproto_handles (
    handle TEXT PRIMARY KEY,
    actor_id BIGINT NOT NULL
);
CREATE INDEX atproto_handles_actor ON atproto_handles (actor_id);
