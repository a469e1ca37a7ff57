-- What authors have taken out of sight around their posts: answers in their threads, quotes of their words. By native id,
-- since it may arrive later. Goes with the post.

CREATE TABLE gated (
    post_id BIGINT NOT NULL,                  -- whose author says so
    kind BIGINT NOT NULL,                     -- 0: a hidden answer, 1: a quote taken off, 2: an answer against the rule
    network BIGINT NOT NULL,
    native_id TEXT NOT NULL,
    PRIMARY KEY (post_id, kind, network, native_id)
) CLUSTERED;
CREATE INDEX gated_native ON gated (network, native_id);
