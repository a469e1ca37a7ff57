-- Budgets of first contacts: how strangers from one origin were answered, what waits for its origin's turn, and waves of
-- near-identical texts.

CREATE TABLE origins (
    origin TEXT PRIMARY KEY,                  -- as hub::gate makes it: host:..., pds:..., relay:...
    grants BIGINT NOT NULL DEFAULT 0,         -- in millionths, since they fade
    refusals BIGINT NOT NULL DEFAULT 0,       -- likewise: declines, blocks and reports by their weight
    changed_at BIGINT NOT NULL
);
CREATE INDEX origins_changed ON origins (changed_at);

-- A contact that exceeds a budget is 'parked': what it sent is held, and nobody is asked before its turn.
-- 'admitted': it had its turn.
ALTER TABLE contacts ADD COLUMN origin TEXT NOT NULL DEFAULT '';   -- empty: from before budgets, or from here
ALTER TABLE contacts ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;    -- of a parked one: who has the earlier moment goes first
ALTER TABLE contacts ADD COLUMN wave_id BIGINT;
CREATE INDEX contacts_parked ON contacts (origin, turn, id) WHERE state = 'parked';
CREATE INDEX contacts_wave ON contacts (wave_id, id) WHERE wave_id IS NOT NULL;

-- Near-identical first contacts to many: what is known of the text is a keyed sketch.
CREATE TABLE waves (
    id BIGINT PRIMARY KEY,
    scope TEXT NOT NULL,
    sketch BYTES NOT NULL,                    -- says how alike two texts are, to who has the root key, and nothing else
    state TEXT NOT NULL,                      -- open, declined, blocked, limited, passed
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    answered_at BIGINT
);
CREATE INDEX waves_last ON waves (last_at);
