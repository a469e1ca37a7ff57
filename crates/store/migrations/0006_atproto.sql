-- AT Protocol: members' repositories, the stream of what happens to them, their blobs and preferences, and a trial's own
-- directory of DIDs. CIDs are kept as their bytes; revs are TIDs, which sort by time. The subject is the member.

CREATE TABLE atproto_repos (
    actor_id BIGINT PRIMARY KEY,
    did TEXT NOT NULL UNIQUE,
    head BYTES NOT NULL,                      -- the newest commit
    rev TEXT NOT NULL,
    data BYTES NOT NULL,                      -- root of its tree
    state TEXT NOT NULL DEFAULT ''            -- why it is not served: a word of the protocol (deactivated, takendown...)
);

-- Commits, nodes of trees, records: what a repository consists of at its newest commit.
CREATE TABLE atproto_blocks (
    actor_id BIGINT NOT NULL,
    cid BYTES NOT NULL,
    rev TEXT NOT NULL,                        -- of the commit that added it
    bytes BYTES NOT NULL,
    PRIMARY KEY (actor_id, cid)
) CLUSTERED;
CREATE INDEX atproto_blocks_rev ON atproto_blocks (actor_id, rev);

-- The records by path, as the tree has them.
CREATE TABLE atproto_records (
    actor_id BIGINT NOT NULL,
    collection TEXT NOT NULL,
    rkey TEXT NOT NULL,
    cid BYTES NOT NULL,
    rev TEXT NOT NULL,                        -- of the commit that wrote it
    PRIMARY KEY (actor_id, collection, rkey)
) CLUSTERED;
CREATE INDEX atproto_records_cid ON atproto_records (actor_id, cid);
CREATE INDEX atproto_records_rev ON atproto_records (actor_id, rev);

-- What apps wrote into a repository, and the hub has yet to hear of; in order.
CREATE TABLE atproto_pending (
    seq BIGINT PRIMARY KEY,                   -- a time-ordered id
    actor_id BIGINT NOT NULL,
    path TEXT NOT NULL,                       -- COLLECTION/RKEY
    cid BYTES,                                -- NULL: deleted
    replaced BIGINT NOT NULL DEFAULT 0        -- 1: there was another record at that path
);
CREATE INDEX atproto_pending_actor ON atproto_pending (actor_id);

-- What subscribers of repositories are told, in the order of commits (sequence 'atproto'). The frame is `before`, the
-- number as CBOR, `after`.
CREATE TABLE atproto_events (
    seq BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    before BYTES NOT NULL,
    after BYTES NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX atproto_events_at ON atproto_events (at);
CREATE INDEX atproto_events_actor ON atproto_events (actor_id);

CREATE TABLE atproto_blobs (
    id BIGINT PRIMARY KEY,                    -- what `files` knows it by
    actor_id BIGINT NOT NULL,
    cid TEXT NOT NULL,
    mime TEXT NOT NULL,
    size BIGINT NOT NULL,                     -- bytes
    file TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX atproto_blobs_cid ON atproto_blobs (actor_id, cid);
CREATE INDEX atproto_blobs_at ON atproto_blobs (at);

-- Which record names which blob, whether that is here or not.
CREATE TABLE atproto_blob_uses (
    actor_id BIGINT NOT NULL,
    cid TEXT NOT NULL,
    path TEXT NOT NULL,
    rev TEXT NOT NULL,
    PRIMARY KEY (actor_id, cid, path)
) CLUSTERED;
CREATE INDEX atproto_blob_uses_path ON atproto_blob_uses (actor_id, path);

CREATE TABLE atproto_preferences (
    actor_id BIGINT PRIMARY KEY,
    preferences TEXT NOT NULL                 -- JSON array, as apps wrote it
);

-- A trial's directory of DIDs: operations of did:plc in the order in which they came.
CREATE TABLE atproto_directory (
    did TEXT NOT NULL,
    n BIGINT NOT NULL,
    cid TEXT NOT NULL,
    operation TEXT NOT NULL,                  -- JSON
    nullified BIGINT NOT NULL DEFAULT 0,
    at BIGINT NOT NULL,
    PRIMARY KEY (did, n)
) CLUSTERED;
