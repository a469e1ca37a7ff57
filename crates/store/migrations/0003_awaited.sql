-- What posts name that is not here (yet): parents, quoted posts, copies elsewhere.
CREATE TABLE awaited (
    network BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    kind TEXT NOT NULL,                       -- parent, quote, copy
    post_id BIGINT NOT NULL,
    PRIMARY KEY (network, native_id, kind, post_id)
);
CREATE INDEX awaited_post ON awaited (post_id);

-- 1: we asked for it ourselves, so nobody was told of it. Its real arrival is still to come.
ALTER TABLE copies ADD COLUMN fetched BIGINT NOT NULL DEFAULT 0;

-- What an erasure looks for.
CREATE INDEX notifications_actor ON notifications (actor_id);
CREATE INDEX votes_actor ON votes (actor_id);
CREATE INDEX post_keys_member ON post_keys (member_id);
CREATE INDEX actors_moved ON actors (moved_to) WHERE moved_to IS NOT NULL;
CREATE INDEX posts_sealed ON posts (id) WHERE sealed = 1;
