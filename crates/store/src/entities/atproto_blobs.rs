//! `atproto_blobs`: files that members' records may name; `atproto_blob_uses`: which record does.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct BlobRow {
    /// What `files` knows it by.
    pub id: Id,
    pub actor: Id,
    pub cid: String,
    pub mime: String,
    /// Bytes.
    pub size: i64,
    /// Name in the media store.
    pub file: String,
    pub at: Time,
}

impl BlobRow {
    pub fn read(row: &mut Row) -> Result<BlobRow, StoreError> {
        Ok(BlobRow {
            id: row.get(0)?,
            actor: row.get(1)?,
            cid: row.get(2)?,
            mime: row.get(3)?,
            size: row.get(4)?,
            file: row.get(5)?,
            at: row.get(6)?,
        })
    }
}

pub fn one(actor: Id, cid: &str) -> Query {
    query(
        "SELECT id, actor_id, cid, mime, size, file, at FROM atproto_blobs WHERE actor_id = ?1 AND cid = ?2",
        args![actor, cid],
    )
}

/// When the member has that blob already, its time begins anew; what it is said to be counts as long as no record names it.
pub fn put(blob: &BlobRow) -> Change {
    Change::new(
        "INSERT INTO atproto_blobs (id, actor_id, cid, mime, size, file, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (actor_id, cid) DO UPDATE SET at = excluded.at, mime = CASE
           WHEN EXISTS (SELECT 1 FROM atproto_blob_uses u WHERE u.actor_id = ?2 AND u.cid = ?3)
           THEN atproto_blobs.mime ELSE excluded.mime END",
        args![blob.id, blob.actor, &blob.cid, &blob.mime, blob.size, &blob.file, blob.at],
    )
}

/// (cid) of blobs that records name and that are here, behind a CID; only those that were named after a rev.
pub fn listed(actor: Id, rev: &str, after: &str, limit: i64) -> Query {
    query(
        "SELECT DISTINCT u.cid FROM atproto_blob_uses u
         JOIN atproto_blobs b ON b.actor_id = u.actor_id AND b.cid = u.cid
         WHERE u.actor_id = ?1 AND u.rev > ?2 AND u.cid > ?3 ORDER BY u.cid LIMIT ?4",
        args![actor, rev, after, limit],
    )
}

/// (cid, path) of blobs that records name and that are not here, behind a CID.
pub fn missing(actor: Id, after: &str, limit: i64) -> Query {
    query(
        "SELECT u.cid, MIN(u.path) FROM atproto_blob_uses u
         WHERE u.actor_id = ?1 AND u.cid > ?2
           AND NOT EXISTS (SELECT 1 FROM atproto_blobs b WHERE b.actor_id = u.actor_id AND b.cid = u.cid)
         GROUP BY u.cid ORDER BY u.cid LIMIT ?3",
        args![actor, after, limit],
    )
}

/// (blobs named, of these here)
pub fn counts(actor: Id) -> Query {
    query(
        "SELECT COUNT(DISTINCT u.cid), COUNT(DISTINCT b.cid) FROM atproto_blob_uses u
         LEFT JOIN atproto_blobs b ON b.actor_id = u.actor_id AND b.cid = u.cid WHERE u.actor_id = ?1",
        args![actor],
    )
}

/// (cids) that a record names.
pub fn of_record(actor: Id, path: &str) -> Query {
    query("SELECT cid FROM atproto_blob_uses WHERE actor_id = ?1 AND path = ?2", args![actor, path])
}

/// (1) when a record names a blob.
pub fn is_named(actor: Id, cid: &str) -> Query {
    query("SELECT 1 FROM atproto_blob_uses WHERE actor_id = ?1 AND cid = ?2 LIMIT 1", args![actor, cid])
}

/// (path) of the records that name a blob.
pub fn named_by(actor: Id, cid: &str) -> Query {
    query("SELECT path FROM atproto_blob_uses WHERE actor_id = ?1 AND cid = ?2", args![actor, cid])
}

pub fn name(actor: Id, cid: &str, path: &str, rev: &str) -> Change {
    Change::new(
        "INSERT INTO atproto_blob_uses (actor_id, cid, path, rev) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (actor_id, cid, path) DO UPDATE SET rev = excluded.rev",
        args![actor, cid, path, rev],
    )
}

/// What a record named is no longer named by it.
pub fn unname(actor: Id, path: &str) -> Change {
    Change::new("DELETE FROM atproto_blob_uses WHERE actor_id = ?1 AND path = ?2", args![actor, path])
}

/// Blobs that nothing names, put down before that time.
pub fn unused(before: Time, limit: i64) -> Query {
    query(
        "SELECT id, actor_id, cid, mime, size, file, at FROM atproto_blobs b
         WHERE b.at < ?1 AND NOT EXISTS (SELECT 1 FROM atproto_blob_uses u WHERE u.actor_id = b.actor_id AND u.cid = b.cid)
         ORDER BY b.at LIMIT ?2",
        args![before, limit],
    )
}

/// Of a member.
pub fn of_actor(actor: Id, after: Id, limit: i64) -> Query {
    query(
        "SELECT id, actor_id, cid, mime, size, file, at FROM atproto_blobs WHERE actor_id = ?1 AND id > ?2 LIMIT ?3",
        args![actor, after, limit],
    )
}

pub fn delete(id: Id) -> Change {
    Change::new("DELETE FROM atproto_blobs WHERE id = ?1", args![id])
}
