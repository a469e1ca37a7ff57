-- Which write stored an event (a number of the sequence 'nostr'): numbers follow commits, so that a live subscription can
-- begin exactly where the stored answer ended.
ALTER TABLE nostr_events ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
