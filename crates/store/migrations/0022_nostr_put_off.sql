-- Gift wraps of strangers that wait until more may be looked at: `pending` is -1.
CREATE INDEX nostr_events_put_off ON nostr_events (seq) WHERE pending < 0;
