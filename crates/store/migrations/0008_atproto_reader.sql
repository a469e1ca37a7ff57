-- AT Protocol: how far other people's repositories were read. The subject is the DID.

CREATE TABLE atproto_seen (
    did TEXT PRIMARY KEY,
    rev TEXT NOT NULL,                        -- of the last commit that was taken in; '' when none was
    data BYTES,                               -- root of its tree; NULL: its commits are not a chain for us
    behind BIGINT NOT NULL DEFAULT 0,         -- when to fetch what was missed; 0: nothing was
    tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX atproto_seen_behind ON atproto_seen (behind);
