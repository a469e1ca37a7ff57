//! `atproto_arrivals`: repositories that were brought here, and how far the hub has heard of what they hold.

use crate::{Change, Query, Row, STALE, StoreError, args, query};
use landbridge_model::{Id, Time};

/// When nothing is to be done before the member switches the account on.
pub const LATER: Time = Time(i64::MAX);

/// How far the hub has heard of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalRow {
    pub actor: Id,
    /// Of the commit under which it came.
    pub rev: String,
    /// Empty: at the beginning.
    pub collection: String,
    /// The last one that was heard of.
    pub rkey: String,
    pub missed: i64,
    pub due: Time,
}

impl ArrivalRow {
    pub fn read(row: &mut Row) -> Result<ArrivalRow, StoreError> {
        Ok(ArrivalRow {
            actor: row.get(0)?,
            rev: row.get(1)?,
            collection: row.get(2)?,
            rkey: row.get(3)?,
            missed: row.get(4)?,
            due: row.get(5)?,
        })
    }
}

/// Those to go on with, now.
pub fn due(now: Time, limit: i64) -> Query {
    query(
        "SELECT actor_id, rev, collection, rkey, missed, due FROM atproto_arrivals WHERE due <= ?1
         ORDER BY due LIMIT ?2",
        args![now, limit],
    )
}

/// A repository has come, under a commit of that rev; one that came before it counts no longer.
pub fn put(actor: Id, rev: &str, due: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_arrivals (actor_id, rev, due) VALUES (?1, ?2, ?3)
         ON CONFLICT (actor_id) DO UPDATE
         SET rev = excluded.rev, collection = '', rkey = '', missed = 0, due = excluded.due",
        args![actor, rev, due],
    )
}

/// The account is there for others now.
pub fn begin(actor: Id, now: Time) -> Change {
    Change::new("UPDATE atproto_arrivals SET due = ?2 WHERE actor_id = ?1", args![actor, now])
}

/// Keeps others away until then; fails when somebody else goes on with it already.
pub fn claim(arrival: &ArrivalRow, until: Time) -> Change {
    Change::new(
        "UPDATE atproto_arrivals SET due = ?4 WHERE actor_id = ?1 AND rev = ?2 AND due = ?3",
        args![arrival.actor, &arrival.rev, arrival.due, until],
    )
    .or_fail(STALE)
}

/// Where the hub is now. Nothing happens when another repository has come meanwhile.
pub fn advance(arrival: &ArrivalRow) -> Change {
    Change::new(
        "UPDATE atproto_arrivals SET collection = ?3, rkey = ?4, missed = ?5, due = ?6 WHERE actor_id = ?1 AND rev = ?2",
        args![arrival.actor, &arrival.rev, &arrival.collection, &arrival.rkey, arrival.missed, arrival.due],
    )
}

/// The hub has heard of everything.
pub fn finish(arrival: &ArrivalRow) -> Change {
    Change::new(
        "DELETE FROM atproto_arrivals WHERE actor_id = ?1 AND rev = ?2",
        args![arrival.actor, &arrival.rev],
    )
}

/// (rkey, cid) of records of a collection behind a key that came under a commit of that rev, or before it.
pub fn records(actor: Id, collection: &str, after: &str, rev: &str, limit: i64) -> Query {
    query(
        "SELECT rkey, cid FROM atproto_records
         WHERE actor_id = ?1 AND collection = ?2 AND rkey > ?3 AND rev <= ?4 ORDER BY rkey LIMIT ?5",
        args![actor, collection, after, rev, limit],
    )
}

/// (rkey) of the record of a collection before which there are so many newer ones.
pub fn nth_newest(actor: Id, collection: &str, n: i64) -> Query {
    query(
        "SELECT rkey FROM atproto_records WHERE actor_id = ?1 AND collection = ?2
         ORDER BY rkey DESC LIMIT 1 OFFSET ?3",
        args![actor, collection, n],
    )
}

pub fn erase(actor: Id) -> Change {
    Change::new("DELETE FROM atproto_arrivals WHERE actor_id = ?1", args![actor])
}
