-- The gate: first contacts with members, what is held until the member answers, and what was decided. The subjects are the
-- member and the stranger.

CREATE TABLE contacts (
    id BIGINT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    stranger_id BIGINT NOT NULL,
    scope TEXT NOT NULL,                      -- public, follow, private
    state TEXT NOT NULL,                      -- request, granted, declined, revoked, cancelled
    reason TEXT NOT NULL,                     -- why the member is asked: a word of hub::gate::Reason
    source BIGINT NOT NULL,                   -- network that it came by, 0 = here
    asked_at BIGINT NOT NULL,                 -- the first time
    changed_at BIGINT NOT NULL,
    more BIGINT NOT NULL DEFAULT 0,           -- what came when as much was held as is held: only counted
    UNIQUE (member_id, stranger_id, scope)
);
CREATE INDEX contacts_state ON contacts (member_id, state, id);
CREATE INDEX contacts_stranger ON contacts (stranger_id);

-- What is held: nothing of it is anywhere else.
CREATE TABLE contact_items (
    id BIGINT PRIMARY KEY,
    contact_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    stranger_id BIGINT NOT NULL,
    source BIGINT NOT NULL,
    native_id TEXT NOT NULL,                  -- of the post or act; of an act without an id, what it is
    body BYTES NOT NULL,                      -- JSON of what arrived, sealed with the member's key
    original BYTES NOT NULL,                  -- wire bytes, likewise
    at BIGINT NOT NULL,
    UNIQUE (source, native_id, member_id)
);
CREATE INDEX contact_items_contact ON contact_items (contact_id, id);
CREATE INDEX contact_items_member ON contact_items (member_id, id);
CREATE INDEX contact_items_stranger ON contact_items (stranger_id);
CREATE INDEX contact_items_at ON contact_items (at);

-- What was decided, by whom and why: for the member to read and to undo.
CREATE TABLE contact_log (
    id BIGINT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    stranger_id BIGINT NOT NULL,
    scope TEXT NOT NULL,                      -- of a block: all
    decision TEXT NOT NULL,                   -- a word of hub::gate::Verdict
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX contact_log_member ON contact_log (member_id, id);
CREATE INDEX contact_log_stranger ON contact_log (stranger_id, member_id, id);
CREATE INDEX contact_log_at ON contact_log (at);

ALTER TABLE members ADD COLUMN contact_rules TEXT;               -- JSON of hub::gate::Rules; NULL: never set
ALTER TABLE members ADD COLUMN young BIGINT NOT NULL DEFAULT 0;  -- 1: stricter rules, that only an administrator lifts

-- A wrap whose message is held names it by its id, until there is a post (post_id 0).
ALTER TABLE nostr_wraps ADD COLUMN rumor TEXT;
CREATE INDEX nostr_wraps_rumor ON nostr_wraps (rumor);

-- Requests to follow that wait for an answer.
INSERT INTO contacts (id, member_id, stranger_id, scope, state, reason, source, asked_at, changed_at)
    SELECT f.id, f.target_id, f.follower_id, 'follow', 'request', 'locked', f.source, f.at, f.at
    FROM follows f JOIN members m ON m.actor_id = f.target_id WHERE f.state = 0;

-- Whomever a member has written to in private may write back.
INSERT INTO contacts (id, member_id, stranger_id, scope, state, reason, source, asked_at, changed_at)
    SELECT ROW_NUMBER() OVER (), w.author_id, w.actor_id, 'private', 'granted', 'wrote', 0, w.at, w.at FROM
      (SELECT p.author_id, n.actor_id, MAX(p.created_at) AS at
       FROM posts p JOIN members m ON m.actor_id = p.author_id JOIN mentions n ON n.post_id = p.id
       WHERE p.visibility >= 2 AND n.actor_id <> p.author_id GROUP BY p.author_id, n.actor_id) w;
