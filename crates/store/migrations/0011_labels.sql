-- What labelers say of people and posts. The subject is whom or whose it is about.

CREATE TABLE labels (
    network BIGINT NOT NULL,
    native_id TEXT NOT NULL,                  -- of a person or a post
    source TEXT NOT NULL,                     -- native id of the labeler
    value TEXT NOT NULL,                      -- the network's own word
    effect BIGINT NOT NULL,
    words TEXT NOT NULL,                      -- for people
    made_at BIGINT NOT NULL,                  -- as the labeler says
    expires_at BIGINT,
    PRIMARY KEY (network, native_id, source, value)
) CLUSTERED;
CREATE INDEX labels_source ON labels (network, source, made_at);
CREATE INDEX labels_expires ON labels (expires_at) WHERE expires_at IS NOT NULL;

-- Whose labels count for whom.
CREATE TABLE label_sources (
    member_id BIGINT NOT NULL,                -- 0: for everybody
    network BIGINT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (member_id, network, source)
) CLUSTERED;
