-- Records stand with their paths, in the order in which a repository goes out; `atproto_blocks` has its commit and the nodes
-- of its tree alone.
CREATE TABLE atproto_records_new (
    actor_id BIGINT NOT NULL,
    collection TEXT NOT NULL,
    rkey TEXT NOT NULL,
    cid BYTES NOT NULL,
    rev TEXT NOT NULL,                        -- of the commit that wrote it
    bytes BYTES NOT NULL,
    PRIMARY KEY (actor_id, collection, rkey)
) CLUSTERED;
INSERT INTO atproto_records_new (actor_id, collection, rkey, cid, rev, bytes)
SELECT r.actor_id, r.collection, r.rkey, r.cid, r.rev, b.bytes FROM atproto_records r
JOIN atproto_blocks b ON b.actor_id = r.actor_id AND b.cid = r.cid;
DELETE FROM atproto_blocks WHERE EXISTS (
    SELECT 1 FROM atproto_records r WHERE r.actor_id = atproto_blocks.actor_id AND r.cid = atproto_blocks.cid
);
DROP TABLE atproto_records;
ALTER TABLE atproto_records_new RENAME TO atproto_records;
CREATE INDEX atproto_records_cid ON atproto_records (actor_id, cid);
CREATE INDEX atproto_records_rev ON atproto_records (actor_id, rev);
-- Few, so that it costs nothing to know the longest.
CREATE INDEX atproto_records_long ON atproto_records (actor_id, LENGTH(bytes)) WHERE LENGTH(bytes) > 8192;
