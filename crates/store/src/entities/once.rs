//! `once`: codes and links that work once.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

pub fn insert(hash: Vec<u8>, purpose: &str, member: Option<Id>, facts: String, expires_at: Time) -> Change {
    Change::new(
        "INSERT INTO once (hash, purpose, member_id, facts, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        args![hash, purpose, member, facts, expires_at],
    )
}

/// (member_id, facts)
pub fn peek(hash: Vec<u8>, purpose: &str, now: Time) -> Query {
    query(
        "SELECT member_id, facts FROM once WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3",
        args![hash, purpose, now],
    )
}

/// Uses it up; RETURNING (member_id, facts), no row when it was used or has expired.
pub fn take(hash: Vec<u8>, purpose: &str, now: Time) -> Change {
    Change::new(
        "DELETE FROM once WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3 RETURNING member_id, facts",
        args![hash, purpose, now],
    )
}

pub fn sweep(now: Time) -> Change {
    Change::new("DELETE FROM once WHERE expires_at <= ?1", args![now])
}
