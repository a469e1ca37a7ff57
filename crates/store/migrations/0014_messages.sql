-- Private messages: each member's conversations, and which gift wraps on our relay carry which message.

CREATE TABLE conversations (
    id BIGINT PRIMARY KEY,
    member_id BIGINT NOT NULL,
    key BYTES NOT NULL,                       -- keyed hash of network, people and (where there are threads) thread
    network BIGINT NOT NULL,                  -- 0: nobody but members of this server
    people TEXT NOT NULL,                     -- JSON array of actor ids, without the member
    secrecy TEXT NOT NULL,                    -- model::Secrecy that the member has agreed to
    last_post BIGINT NOT NULL,
    unread BIGINT NOT NULL DEFAULT 0,
    UNIQUE (member_id, key)
);
CREATE INDEX conversations_page ON conversations (member_id, last_post);
CREATE INDEX conversations_last ON conversations (last_post);

CREATE TABLE conversation_posts (
    conversation_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, post_id)
) CLUSTERED;
CREATE INDEX conversation_posts_post ON conversation_posts (post_id);

CREATE TABLE nostr_wraps (
    id TEXT PRIMARY KEY,                      -- of the event of kind 1059
    post_id BIGINT NOT NULL
);
CREATE INDEX nostr_wraps_post ON nostr_wraps (post_id);
