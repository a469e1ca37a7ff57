-- Lists of rules for hosts that others keep, and what of them applies here.
CREATE TABLE rule_lists (
    id BIGINT PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL,                       -- ask, follow: what becomes of a change
    most TEXT NOT NULL,                       -- block, limit: the strictest that is taken from it
    hours BIGINT NOT NULL,                    -- between two looks
    next_at BIGINT NOT NULL,
    read_at BIGINT,                           -- when it was read last
    applied_at BIGINT,                        -- NULL: never yet
    digest TEXT NOT NULL DEFAULT '',          -- of what was read
    problem TEXT,                             -- why the last look failed
    skipped TEXT NOT NULL DEFAULT '[]',       -- JSON: some of the entries that were left out, and why
    left_out BIGINT NOT NULL DEFAULT 0,       -- how many they are
    at BIGINT NOT NULL
);

-- A rule goes when nothing offers it and it does not apply.
CREATE TABLE listed_rules (
    list_id BIGINT NOT NULL,
    domain TEXT NOT NULL,
    applied TEXT NOT NULL DEFAULT '',         -- block, limit; empty: no rule of this list applies
    offered TEXT NOT NULL DEFAULT '',         -- what the list says now; empty: nothing any more
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (list_id, domain)
) CLUSTERED;
CREATE INDEX listed_rules_applied ON listed_rules (domain, applied) WHERE applied <> '';
