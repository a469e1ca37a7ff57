-- The core: people, posts, what they do to each other, and what is to be delivered.
-- Common dialect: BIGINT and BYTES are replaced for each engine. Times are milliseconds since the Unix epoch.
-- Every row knows its subject (an actor id), its source (a network number, 0 = here) and, by its table, its kind.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

-- What was erased, as keyed hashes, so that a restored backup can be cleaned again.
CREATE TABLE erasures (
    id BIGINT PRIMARY KEY,
    subject_hash BYTES NOT NULL,
    at BIGINT NOT NULL
);

-- Keyed hashes of native ids that were deleted: late copies are refused.
CREATE TABLE tombstones (
    hash BYTES PRIMARY KEY,
    at BIGINT NOT NULL
);

-- ---------------------------------------------------------------- people

CREATE TABLE actors (
    id BIGINT PRIMARY KEY,
    username TEXT NOT NULL,
    domain TEXT NOT NULL DEFAULT '',          -- empty: a member
    kind TEXT NOT NULL,
    state BIGINT NOT NULL DEFAULT 0,
    locked BIGINT NOT NULL DEFAULT 0,
    display_name TEXT NOT NULL DEFAULT '',
    profile TEXT NOT NULL DEFAULT '{}',       -- JSON of model::Profile
    url TEXT,
    source BIGINT NOT NULL DEFAULT 0,         -- network it was first seen on
    created_at BIGINT NOT NULL,
    fetched_at BIGINT,
    moved_to BIGINT,
    last_post_at BIGINT,
    followers BIGINT NOT NULL DEFAULT 0,
    following BIGINT NOT NULL DEFAULT 0,
    posts BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX actors_acct ON actors (username, domain);
CREATE UNIQUE INDEX actors_member ON actors (username) WHERE domain = '';
CREATE INDEX actors_domain ON actors (domain);

-- An actor's identity on a network.
CREATE TABLE presences (
    network BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    actor_id BIGINT NOT NULL,
    state BIGINT NOT NULL DEFAULT 0,
    facts TEXT NOT NULL DEFAULT '{}',         -- JSON that only the network's translator reads
    since BIGINT NOT NULL,
    PRIMARY KEY (network, native_id)
);
CREATE INDEX presences_actor ON presences (actor_id, network);

CREATE TABLE members (
    actor_id BIGINT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,                       -- owner, admin, moderator, member
    settings TEXT NOT NULL DEFAULT '{}',      -- JSON of hub::members::Settings
    sealed_key BYTES NOT NULL,                -- the member's key, wrapped by the root key
    created_at BIGINT NOT NULL,
    last_active_at BIGINT
);

-- Network keys that we hold for members (and for the server itself, actor 0).
CREATE TABLE keys (
    actor_id BIGINT NOT NULL,
    network BIGINT NOT NULL,
    kind TEXT NOT NULL,                       -- the network's own word
    public TEXT NOT NULL,
    sealed BYTES NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor_id, network, kind)
);

-- ---------------------------------------------------------------- posts

CREATE TABLE posts (
    id BIGINT PRIMARY KEY,
    author_id BIGINT NOT NULL,
    source BIGINT NOT NULL,                   -- network it arrived by, 0 = written here
    kind TEXT NOT NULL,
    visibility BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    reply_to BIGINT,
    reply_to_author BIGINT,
    root_id BIGINT NOT NULL,
    repost_of BIGINT,
    quote_of BIGINT,
    quote_state BIGINT,
    sensitive BIGINT NOT NULL DEFAULT 0,
    has_media BIGINT NOT NULL DEFAULT 0,
    language TEXT,
    url TEXT,
    sealed BIGINT NOT NULL DEFAULT 0,         -- 1: body is encrypted, see post_keys
    body BYTES NOT NULL,                      -- JSON of store::entities::posts::Body
    replies BIGINT NOT NULL DEFAULT 0,
    reposts BIGINT NOT NULL DEFAULT 0,
    likes BIGINT NOT NULL DEFAULT 0,
    quotes BIGINT NOT NULL DEFAULT 0,
    kept_until BIGINT                         -- remote posts: swept after this; NULL: kept
);
CREATE INDEX posts_author ON posts (author_id, id);
CREATE INDEX posts_root ON posts (root_id, id);
CREATE INDEX posts_reply ON posts (reply_to) WHERE reply_to IS NOT NULL;
CREATE UNIQUE INDEX posts_repost ON posts (repost_of, author_id) WHERE repost_of IS NOT NULL;
CREATE INDEX posts_quote ON posts (quote_of) WHERE quote_of IS NOT NULL;
CREATE INDEX posts_public ON posts (id) WHERE visibility = 0 AND repost_of IS NULL AND reply_to IS NULL;
CREATE INDEX posts_local ON posts (id) WHERE visibility = 0 AND source = 0 AND repost_of IS NULL AND reply_to IS NULL;
CREATE INDEX posts_kept ON posts (kept_until) WHERE kept_until IS NOT NULL;

-- The key of a sealed post, wrapped for each member who may read it.
CREATE TABLE post_keys (
    post_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    wrapped BYTES NOT NULL,
    PRIMARY KEY (post_id, member_id)
) CLUSTERED;

-- A thing's identity on a network: of posts, reposts, reactions, follows, votes.
CREATE TABLE copies (
    network BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    version TEXT,                             -- cid or the like, where the network has versions
    url TEXT,
    state BIGINT NOT NULL DEFAULT 0,          -- hub::CopyState
    original BYTES,                           -- wire bytes; sealed when the post is
    created_at BIGINT NOT NULL,
    kept_until BIGINT,
    PRIMARY KEY (network, native_id)
);
CREATE INDEX copies_object ON copies (object_id, kind);
CREATE INDEX copies_actor ON copies (actor_id);
CREATE INDEX copies_kept ON copies (kept_until) WHERE kept_until IS NOT NULL;

CREATE TABLE edits (
    post_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    sealed BIGINT NOT NULL DEFAULT 0,
    body BYTES NOT NULL,
    PRIMARY KEY (post_id, at)
);

CREATE TABLE mentions (
    post_id BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    PRIMARY KEY (post_id, actor_id)
) CLUSTERED;
CREATE INDEX mentions_actor ON mentions (actor_id, post_id);

CREATE TABLE tags (
    name TEXT NOT NULL,
    post_id BIGINT NOT NULL,
    PRIMARY KEY (name, post_id)
) CLUSTERED;
CREATE INDEX tags_post ON tags (post_id);

CREATE TABLE polls (
    post_id BIGINT PRIMARY KEY,
    poll TEXT NOT NULL,                       -- JSON of model::Poll; counts as last said by a remote author
    ends_at BIGINT,
    closed BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX polls_due ON polls (ends_at) WHERE closed = 0;

CREATE TABLE votes (
    post_id BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    choice BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (post_id, actor_id, choice)
) CLUSTERED;

CREATE TABLE media (
    id BIGINT PRIMARY KEY,
    owner_id BIGINT NOT NULL,
    post_id BIGINT,
    media TEXT NOT NULL,                      -- JSON of model::Media
    state BIGINT NOT NULL DEFAULT 0,          -- 0 ready, 1 being processed, 2 failed
    created_at BIGINT NOT NULL
);
CREATE INDEX media_owner ON media (owner_id);
CREATE INDEX media_post ON media (post_id) WHERE post_id IS NOT NULL;

-- ---------------------------------------------------------------- between people

CREATE TABLE reactions (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL,
    content TEXT NOT NULL,                    -- empty: a like
    emoji TEXT,                               -- JSON of model::Emoji
    source BIGINT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (post_id, actor_id, content)
);
CREATE INDEX reactions_actor ON reactions (actor_id, id);

CREATE TABLE follows (
    id BIGINT PRIMARY KEY,
    follower_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    state BIGINT NOT NULL,                    -- 0 requested, 1 accepted
    reposts BIGINT NOT NULL DEFAULT 1,
    notify BIGINT NOT NULL DEFAULT 0,
    languages TEXT NOT NULL DEFAULT '[]',
    source BIGINT NOT NULL DEFAULT 0,
    at BIGINT NOT NULL,
    UNIQUE (follower_id, target_id)
);
CREATE INDEX follows_target ON follows (target_id, state, id);
CREATE INDEX follows_follower ON follows (follower_id, state, id);

CREATE TABLE blocks (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (actor_id, target_id)
);
CREATE INDEX blocks_target ON blocks (target_id);

CREATE TABLE mutes (
    id BIGINT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    notifications BIGINT NOT NULL DEFAULT 1,
    expires_at BIGINT,
    at BIGINT NOT NULL,
    UNIQUE (member_id, target_id)
);

CREATE TABLE thread_mutes (
    member_id BIGINT NOT NULL,
    root_id BIGINT NOT NULL,
    PRIMARY KEY (member_id, root_id)
) CLUSTERED;

CREATE TABLE account_notes (
    member_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (member_id, target_id)
) CLUSTERED;

-- A member's own rule for a host.
CREATE TABLE member_domain_blocks (
    member_id BIGINT NOT NULL,
    domain TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member_id, domain)
) CLUSTERED;

-- The operator's rules for hosts and relays.
CREATE TABLE domain_rules (
    domain TEXT PRIMARY KEY,
    rule TEXT NOT NULL,                       -- block, limit, allow
    reject_media BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL
);

CREATE TABLE bookmarks (
    id BIGINT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL,
    UNIQUE (member_id, post_id)
);
CREATE INDEX bookmarks_post ON bookmarks (post_id);

CREATE TABLE pins (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL,
    UNIQUE (actor_id, post_id)
);
CREATE INDEX pins_post ON pins (post_id);

CREATE TABLE reports (
    id BIGINT PRIMARY KEY,
    reporter_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    post_ids TEXT NOT NULL DEFAULT '[]',
    comment TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT 'other',
    forwarded BIGINT NOT NULL DEFAULT 0,
    source BIGINT NOT NULL DEFAULT 0,
    state BIGINT NOT NULL DEFAULT 0,          -- 0 open, 1 resolved
    at BIGINT NOT NULL
);

-- ---------------------------------------------------------------- what a member reads

CREATE TABLE home (
    member_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL,
    PRIMARY KEY (member_id, post_id)
) CLUSTERED;
CREATE INDEX home_post ON home (post_id);

CREATE TABLE notifications (
    id BIGINT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    kind TEXT NOT NULL,                       -- hub::notifications::Kind
    actor_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL DEFAULT 0,        -- 0: about nobody's post
    at BIGINT NOT NULL,
    UNIQUE (member_id, kind, actor_id, post_id)
);
CREATE INDEX notifications_member ON notifications (member_id, id);
CREATE INDEX notifications_post ON notifications (post_id);

CREATE TABLE markers (
    member_id BIGINT NOT NULL,
    timeline TEXT NOT NULL,
    last_read_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, timeline)
) CLUSTERED;

-- ---------------------------------------------------------------- apps and sessions

CREATE TABLE apps (
    id BIGINT PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    secret_hash BYTES NOT NULL,
    name TEXT NOT NULL,
    website TEXT,
    redirect_uris TEXT NOT NULL,              -- JSON array
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Codes and links that work once: OAuth codes, the owner's set-up link, invitations.
CREATE TABLE once (
    hash BYTES PRIMARY KEY,
    purpose TEXT NOT NULL,
    member_id BIGINT,
    facts TEXT NOT NULL DEFAULT '{}',
    expires_at BIGINT NOT NULL
);

-- Every access token is a grant: app, purpose, scopes, expiry, a log of its use.
CREATE TABLE grants (
    id BIGINT PRIMARY KEY,
    token_hash BYTES NOT NULL UNIQUE,
    member_id BIGINT,                         -- NULL: an app's own token
    app_id BIGINT,
    purpose TEXT NOT NULL,                    -- mastodon, web, nostr-signer
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    facts TEXT NOT NULL DEFAULT '{}',
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX grants_member ON grants (member_id);

CREATE TABLE grant_log (
    id BIGINT PRIMARY KEY,
    grant_id BIGINT NOT NULL,
    what TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX grant_log_grant ON grant_log (grant_id, id);

CREATE TABLE idempotency (
    member_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    post_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (member_id, key)
);
CREATE INDEX idempotency_post ON idempotency (post_id);

-- ---------------------------------------------------------------- the outbox

-- Bytes to deliver, once for all their destinations.
CREATE TABLE payloads (
    id BIGINT PRIMARY KEY,
    network BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    object_id BIGINT NOT NULL,
    sealed BIGINT NOT NULL DEFAULT 0,
    bytes BYTES NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX payloads_actor ON payloads (actor_id);

CREATE TABLE deliveries (
    id BIGINT PRIMARY KEY,
    payload_id BIGINT NOT NULL,
    network BIGINT NOT NULL,
    destination TEXT NOT NULL,                -- inbox URL, relay URL
    host TEXT NOT NULL,
    act TEXT NOT NULL,                        -- what is delivered: post, edit, delete, follow, ...
    actor_id BIGINT NOT NULL,
    object_id BIGINT NOT NULL,                -- the post (or other thing) it is about
    state BIGINT NOT NULL DEFAULT 0,          -- hub::outbox::State
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    answer TEXT,                              -- last answer or error, for the member to read
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 0;
CREATE INDEX deliveries_object ON deliveries (object_id, id);
CREATE INDEX deliveries_payload ON deliveries (payload_id);

-- What is known of other servers and relays.
CREATE TABLE hosts (
    network BIGINT NOT NULL,
    host TEXT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    closed_until BIGINT NOT NULL DEFAULT 0,   -- circuit breaker
    last_ok_at BIGINT,
    facts TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (network, host)
);

-- Servers that fetched a post signed: a delete must reach them too.
CREATE TABLE fetchers (
    post_id BIGINT NOT NULL,
    network BIGINT NOT NULL,
    destination TEXT NOT NULL,
    PRIMARY KEY (post_id, network, destination)
) CLUSTERED;

-- Where a reader of some stream stands.
CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- ---------------------------------------------------------------- search (public posts and people only)

-- only sqlite
CREATE VIRTUAL TABLE search_posts USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
-- end
-- only postgres
CREATE TABLE search_posts (rowid BIGINT PRIMARY KEY, text tsvector NOT NULL);
CREATE INDEX search_posts_text ON search_posts USING gin (text);
-- end
