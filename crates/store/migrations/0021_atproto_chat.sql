-- Private messages by AT Protocol's chat service: how far each member's log of it was read, the conversations that it has
-- told of, and messages that are on their way to it.

CREATE TABLE atproto_chats (
    actor_id BIGINT PRIMARY KEY,
    cursor TEXT NOT NULL                      -- of getLog; '': the log was empty when it was first asked for
);

CREATE TABLE atproto_convos (
    actor_id BIGINT NOT NULL,
    convo TEXT NOT NULL,                      -- id that the service has given
    people TEXT NOT NULL,                     -- JSON array of DIDs in order, without the member
    status TEXT NOT NULL,                     -- 'request': the member has not let it in there; 'accepted'
    PRIMARY KEY (actor_id, convo)
) CLUSTERED;

CREATE TABLE atproto_sending (
    post_id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    convo TEXT NOT NULL,
    digest BYTES NOT NULL,                    -- keyed hash of the text, to know it again in the log
    at BIGINT NOT NULL                        -- of the first try
);
CREATE INDEX atproto_sending_convo ON atproto_sending (actor_id, convo);
