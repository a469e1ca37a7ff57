//! `atproto_repos`, `atproto_blocks`, `atproto_records`: repositories of members at their newest commit. `atproto_pending`:
//! what apps wrote and the hub has yet to hear of.

use crate::{Change, Query, Row, STALE, StoreError, args, query};
use landbridge_model::{Id, Time};

/// Where a repository stands.
#[derive(Clone, Debug)]
pub struct RepoRow {
    pub actor: Id,
    pub did: String,
    /// CIDs as bytes.
    pub head: Vec<u8>,
    pub data: Vec<u8>,
    pub rev: String,
    /// Empty, or why it is not served.
    pub state: String,
}

impl RepoRow {
    pub fn read(row: &mut Row) -> Result<RepoRow, StoreError> {
        Ok(RepoRow {
            actor: row.get(0)?,
            did: row.get(1)?,
            head: row.get(2)?,
            data: row.get(3)?,
            rev: row.get(4)?,
            state: row.get(5)?,
        })
    }
}

macro_rules! columns {
    () => {
        "actor_id, did, head, data, rev, state"
    };
}

pub fn of_actor(actor: Id) -> Query {
    query(concat!("SELECT ", columns!(), " FROM atproto_repos WHERE actor_id = ?1"), args![actor])
}

pub fn by_did(did: &str) -> Query {
    query(concat!("SELECT ", columns!(), " FROM atproto_repos WHERE did = ?1"), args![did])
}

/// (actor_id) of the newest member with a repository; NULL when there is none.
pub fn newest() -> Query {
    query("SELECT MAX(actor_id) FROM atproto_repos", args![])
}

/// A page of all repositories, in the order of their actors.
pub fn list(after: Id, limit: i64) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM atproto_repos WHERE actor_id > ?1 ORDER BY actor_id LIMIT ?2"),
        args![after, limit],
    )
}

/// A repository with its first commit; fails when there is one already.
pub fn insert(repo: &RepoRow) -> Change {
    Change::new(
        "INSERT INTO atproto_repos (actor_id, did, head, data, rev, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (actor_id) DO NOTHING",
        args![repo.actor, &repo.did, &repo.head, &repo.data, &repo.rev, &repo.state],
    )
    .or_fail(STALE)
}

/// The next commit; fails when another one came before it.
pub fn advance(actor: Id, before: &[u8], head: &[u8], data: &[u8], rev: &str) -> Change {
    Change::new(
        "UPDATE atproto_repos SET head = ?3, data = ?4, rev = ?5
         WHERE actor_id = ?1 AND head = ?2 AND state <> 'deleted'",
        args![actor, before, head, data, rev],
    )
    .or_fail(STALE)
}

/// What was there before the commit of that rev, in which everything was written anew.
pub fn forget_before(actor: Id, rev: &str) -> Vec<Change> {
    [
        "DELETE FROM atproto_records WHERE actor_id = ?1 AND rev < ?2",
        "DELETE FROM atproto_blocks WHERE actor_id = ?1 AND rev < ?2",
        "DELETE FROM atproto_blob_uses WHERE actor_id = ?1 AND rev < ?2",
    ]
    .map(|sql| Change::new(sql, args![actor, rev]))
    .into()
}

pub fn set_state(actor: Id, state: &str) -> Change {
    Change::new("UPDATE atproto_repos SET state = ?2 WHERE actor_id = ?1", args![actor, state])
}

/// Everything of a repository goes, but not what subscribers have yet to be told.
pub fn erase(actor: Id) -> Vec<Change> {
    [
        "DELETE FROM atproto_repos WHERE actor_id = ?1",
        "DELETE FROM atproto_blocks WHERE actor_id = ?1",
        "DELETE FROM atproto_records WHERE actor_id = ?1",
        "DELETE FROM atproto_pending WHERE actor_id = ?1",
        "DELETE FROM atproto_preferences WHERE actor_id = ?1",
        "DELETE FROM atproto_blob_uses WHERE actor_id = ?1",
        "DELETE FROM atproto_blobs WHERE actor_id = ?1",
        "DELETE FROM atproto_takedowns WHERE actor_id = ?1",
    ]
    .map(|sql| Change::new(sql, args![actor]))
    .into()
}

// ---------------------------------------------------------------- blocks

/// (bytes) of the commit, a node or a record. Its path is looked up by itself, in an index that has all of it; asked for the
/// bytes there, SQLite would rather walk through the whole repository.
pub fn block(actor: Id, cid: &[u8]) -> Query {
    query(
        "SELECT bytes FROM atproto_blocks WHERE actor_id = ?1 AND cid = ?2
         UNION ALL SELECT r.bytes FROM atproto_records named
         JOIN atproto_records r ON r.actor_id = named.actor_id AND r.collection = named.collection AND r.rkey = named.rkey
         WHERE named.actor_id = ?1 AND named.cid = ?2 LIMIT 1",
        args![actor, cid],
    )
}

/// (bytes) of the newest commit.
pub fn head_block(actor: Id) -> Query {
    query(
        "SELECT b.bytes FROM atproto_repos r JOIN atproto_blocks b ON b.actor_id = r.actor_id AND b.cid = r.head
         WHERE r.actor_id = ?1",
        args![actor],
    )
}

/// (cid, bytes) of the commit and the nodes of the tree.
pub fn nodes(actor: Id) -> Query {
    query("SELECT cid, bytes FROM atproto_blocks WHERE actor_id = ?1", args![actor])
}

/// The same of those that came after a rev.
pub fn nodes_since(actor: Id, rev: &str) -> Query {
    query("SELECT cid, bytes FROM atproto_blocks WHERE actor_id = ?1 AND rev > ?2", args![actor, rev])
}

/// (blocks) with the records, each block once.
pub fn count_blocks(actor: Id) -> Query {
    query(
        "SELECT (SELECT COUNT(*) FROM atproto_blocks WHERE actor_id = ?1)
              + (SELECT COUNT(DISTINCT cid) FROM atproto_records WHERE actor_id = ?1)",
        args![actor],
    )
}

/// A commit, or a node.
pub fn put_block(actor: Id, cid: &[u8], rev: &str, bytes: &[u8]) -> Change {
    Change::new(
        "INSERT INTO atproto_blocks (actor_id, cid, rev, bytes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (actor_id, cid) DO UPDATE SET rev = excluded.rev",
        args![actor, cid, rev, bytes],
    )
}

/// A node or commit that nothing refers to any more.
pub fn drop_block(actor: Id, cid: &[u8]) -> Change {
    Change::new("DELETE FROM atproto_blocks WHERE actor_id = ?1 AND cid = ?2", args![actor, cid])
}

// ---------------------------------------------------------------- records

/// (cid, rev, bytes)
pub fn record(actor: Id, collection: &str, rkey: &str) -> Query {
    query(
        "SELECT cid, rev, bytes FROM atproto_records WHERE actor_id = ?1 AND collection = ?2 AND rkey = ?3",
        args![actor, collection, rkey],
    )
}

/// A page of a collection: (rkey, cid, bytes) between two keys, both exclusive.
pub fn records(actor: Id, collection: &str, above: &str, below: &str, limit: i64, upward: bool) -> Query {
    let sql = match upward {
        true => {
            "SELECT rkey, cid, bytes FROM atproto_records
             WHERE actor_id = ?1 AND collection = ?2 AND rkey > ?3 AND rkey < ?4 ORDER BY rkey LIMIT ?5"
        }
        false => {
            "SELECT rkey, cid, bytes FROM atproto_records
             WHERE actor_id = ?1 AND collection = ?2 AND rkey > ?3 AND rkey < ?4 ORDER BY rkey DESC LIMIT ?5"
        }
    };
    query(sql, args![actor, collection, above, below, limit])
}

/// (rkey, cid, bytes) of a collection, from a key on, that came with a commit of that rev or before it.
pub fn records_from(actor: Id, collection: &str, rkey: &str, rev: &str, limit: i64) -> Query {
    query(
        "SELECT rkey, cid, bytes FROM atproto_records
         WHERE actor_id = ?1 AND collection = ?2 AND rkey >= ?3 AND rev <= ?4 ORDER BY rkey LIMIT ?5",
        args![actor, collection, rkey, rev, limit],
    )
}

/// (collection, rkey) of what was written after a rev.
pub fn written_since(actor: Id, rev: &str) -> Query {
    query("SELECT collection, rkey FROM atproto_records WHERE actor_id = ?1 AND rev > ?2", args![actor, rev])
}

/// (collection, rkey, cid, bytes) of what was written after a rev, the oldest first.
pub fn records_since(actor: Id, rev: &str, limit: i64) -> Query {
    query(
        "SELECT collection, rkey, cid, bytes FROM atproto_records
         WHERE actor_id = ?1 AND rev > ?2 ORDER BY rev LIMIT ?3",
        args![actor, rev, limit],
    )
}

/// (collection) of each that has a record: from the first of one to the first of the next.
pub fn collections(actor: Id) -> Query {
    query(
        "WITH RECURSIVE each (name) AS (
           SELECT MIN(collection) FROM atproto_records WHERE actor_id = ?1
           UNION ALL
           SELECT (SELECT MIN(collection) FROM atproto_records WHERE actor_id = ?1 AND collection > each.name)
           FROM each WHERE each.name IS NOT NULL
         ) SELECT name FROM each WHERE name IS NOT NULL ORDER BY name",
        args![actor],
    )
}

/// (records)
pub fn count_records(actor: Id) -> Query {
    query("SELECT COUNT(*) FROM atproto_records WHERE actor_id = ?1", args![actor])
}

/// (length) of the longest record of more than 8,192 bytes; NULL without one.
pub fn longest_record(actor: Id) -> Query {
    query(
        "SELECT MAX(LENGTH(bytes)) FROM atproto_records WHERE actor_id = ?1 AND LENGTH(bytes) > 8192",
        args![actor],
    )
}

pub fn put_record(
    actor: Id,
    (collection, rkey): (&str, &str),
    cid: &[u8],
    rev: &str,
    bytes: &[u8],
) -> Change {
    Change::new(
        "INSERT INTO atproto_records (actor_id, collection, rkey, cid, rev, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (actor_id, collection, rkey)
         DO UPDATE SET cid = excluded.cid, rev = excluded.rev, bytes = excluded.bytes",
        args![actor, collection, rkey, cid, rev, bytes],
    )
}

pub fn drop_record(actor: Id, collection: &str, rkey: &str) -> Change {
    Change::new(
        "DELETE FROM atproto_records WHERE actor_id = ?1 AND collection = ?2 AND rkey = ?3",
        args![actor, collection, rkey],
    )
}

// ---------------------------------------------------------------- pending

/// What an app wrote at a path.
#[derive(Clone, Debug)]
pub struct Pending {
    pub seq: Id,
    pub actor: Id,
    pub path: String,
    /// `None`: the record was deleted.
    pub cid: Option<Vec<u8>>,
    /// There was another record at that path.
    pub replaced: bool,
}

impl Pending {
    pub fn read(row: &mut Row) -> Result<Pending, StoreError> {
        Ok(Pending {
            seq: row.get(0)?,
            actor: row.get(1)?,
            path: row.get(2)?,
            cid: row.get(3)?,
            replaced: row.get(4)?,
        })
    }
}

/// The oldest first.
pub fn pending(limit: i64) -> Query {
    query(
        "SELECT seq, actor_id, path, cid, replaced FROM atproto_pending ORDER BY seq LIMIT ?1",
        args![limit],
    )
}

pub fn await_hub(pending: &Pending) -> Change {
    Change::new(
        "INSERT INTO atproto_pending (seq, actor_id, path, cid, replaced) VALUES (?1, ?2, ?3, ?4, ?5)",
        args![pending.seq, pending.actor, &pending.path, pending.cid.clone(), pending.replaced],
    )
}

pub fn heard(seq: Id) -> Change {
    Change::new("DELETE FROM atproto_pending WHERE seq = ?1", args![seq])
}

// ---------------------------------------------------------------- preferences

/// (preferences)
pub fn preferences(actor: Id) -> Query {
    query("SELECT preferences FROM atproto_preferences WHERE actor_id = ?1", args![actor])
}

pub fn put_preferences(actor: Id, preferences: &str) -> Change {
    Change::new(
        "INSERT INTO atproto_preferences (actor_id, preferences) VALUES (?1, ?2)
         ON CONFLICT (actor_id) DO UPDATE SET preferences = excluded.preferences",
        args![actor, preferences],
    )
}

// ---------------------------------------------------------------- a trial's directory

/// (operation, nullified, at) of a DID, in order.
pub fn operations(did: &str) -> Query {
    query("SELECT operation, nullified, at FROM atproto_directory WHERE did = ?1 ORDER BY n", args![did])
}

/// Fails when another operation has come before.
pub fn add_operation(did: &str, n: i64, cid: &str, operation: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_directory (did, n, cid, operation, nullified, at) VALUES (?1, ?2, ?3, ?4, 0, ?5)
         ON CONFLICT (did, n) DO NOTHING",
        args![did, n, cid, operation, at],
    )
    .or_fail(STALE)
}

/// Operations from a place on lose their force.
pub fn nullify_operations(did: &str, from: i64) -> Change {
    Change::new("UPDATE atproto_directory SET nullified = 1 WHERE did = ?1 AND n >= ?2", args![did, from])
}
