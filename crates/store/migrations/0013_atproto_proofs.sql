-- AT Protocol: proofs of keys that were shown (DPoP, and apps' own assertions). Each is good once, on whatever node it comes,
-- and after a restart as well.

CREATE TABLE atproto_proofs (
    hash BYTES PRIMARY KEY,                   -- SHA-256 of whose it is and of its id
    expires_at BIGINT NOT NULL                -- from when on it is refused for its age
) CLUSTERED;
CREATE INDEX atproto_proofs_expires ON atproto_proofs (expires_at);
