-- What moderators decide, why, and what whoever is affected says to it.
CREATE TABLE decisions (
    id BIGINT PRIMARY KEY,
    target_id BIGINT NOT NULL,                -- whom it is about: the subject
    report_id BIGINT,                         -- what led to it
    measure TEXT NOT NULL,                    -- a word of hub::moderation::Measure
    about TEXT NOT NULL,                      -- what it is about, in words or as an address
    facts TEXT NOT NULL DEFAULT '{}',         -- JSON: what is needed to undo it
    reason TEXT NOT NULL,                     -- the facts that were relied on
    rule TEXT NOT NULL,                       -- by which rule of this server, or which law
    ground TEXT NOT NULL,                     -- rules, law
    at BIGINT NOT NULL,
    undone_at BIGINT,
    appeal TEXT,                              -- the words of whoever is affected
    appealed_at BIGINT,
    answer TEXT,
    answered_at BIGINT,
    granted BIGINT                            -- 1: the appeal was right
);
CREATE INDEX decisions_target ON decisions (target_id, id);
CREATE INDEX decisions_appeals ON decisions (appealed_at) WHERE appealed_at IS NOT NULL AND answered_at IS NULL;

-- Files that are not taken in again, by the hash of their content (SHA-256 in lower hexadecimal digits).
CREATE TABLE refused_files (
    hash TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);

ALTER TABLE reports ADD COLUMN closed_at BIGINT;
ALTER TABLE reports ADD COLUMN note TEXT NOT NULL DEFAULT '';    -- of the moderators
CREATE INDEX reports_reporter ON reports (reporter_id, state);
CREATE INDEX reports_target ON reports (target_id, state);
