-- What the operator takes down, one by one, and invitations that work more than once.

-- Posts that are shown to nobody until a moderator says otherwise.
CREATE TABLE hidden_posts (
    post_id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL
) CLUSTERED;

-- AT Protocol: members' records and blobs that are not served. They stay where they are, and come back when it is lifted.
CREATE TABLE atproto_takedowns (
    actor_id BIGINT NOT NULL,
    subject TEXT NOT NULL,                    -- COLLECTION/RKEY of a record, CID of a blob
    reference TEXT NOT NULL,                  -- what the operator calls it
    at BIGINT NOT NULL,
    PRIMARY KEY (actor_id, subject)
) CLUSTERED;

-- How often a code still works.
ALTER TABLE once ADD COLUMN uses BIGINT NOT NULL DEFAULT 1;

-- AT Protocol: invitations that the operator made by the protocol. The code is made of the id and the server's secret.
CREATE TABLE atproto_invites (
    id BIGINT PRIMARY KEY,
    account TEXT NOT NULL,                    -- for whom: a DID, or admin
    uses BIGINT NOT NULL,                     -- how often it worked when it was made
    disabled BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX atproto_invites_account ON atproto_invites (account, id);

CREATE TABLE atproto_invite_uses (
    invite_id BIGINT NOT NULL,
    did TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (invite_id, did)
) CLUSTERED;
CREATE INDEX atproto_invite_uses_did ON atproto_invite_uses (did);
