//! `atproto_takedowns`: members' records and blobs that are not served for now.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// `subject`: COLLECTION/RKEY of a record, or the CID of a blob.
pub fn put(actor: Id, subject: &str, reference: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_takedowns (actor_id, subject, reference, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (actor_id, subject) DO UPDATE SET reference = excluded.reference",
        args![actor, subject, reference, at],
    )
}

pub fn lift(actor: Id, subject: &str) -> Change {
    Change::new("DELETE FROM atproto_takedowns WHERE actor_id = ?1 AND subject = ?2", args![actor, subject])
}

/// (reference)
pub fn one(actor: Id, subject: &str) -> Query {
    query(
        "SELECT reference FROM atproto_takedowns WHERE actor_id = ?1 AND subject = ?2",
        args![actor, subject],
    )
}

/// (subject) of all of a member's.
pub fn of_actor(actor: Id) -> Query {
    query("SELECT subject FROM atproto_takedowns WHERE actor_id = ?1", args![actor])
}
