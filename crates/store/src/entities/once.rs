//! `once`: codes and links that work once, or as often as was said.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// `uses`: how often it works; so often more, if it is there.
pub fn insert(
    hash: Vec<u8>,
    purpose: &str,
    member: Option<Id>,
    facts: String,
    uses: i64,
    expires_at: Time,
) -> Change {
    Change::new(
        "INSERT INTO once (hash, purpose, member_id, facts, uses, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (hash) DO UPDATE SET uses = once.uses + excluded.uses",
        args![hash, purpose, member, facts, uses, expires_at],
    )
}

/// (member_id, facts)
pub fn peek(hash: Vec<u8>, purpose: &str, now: Time) -> Query {
    query(
        "SELECT member_id, facts FROM once WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3",
        args![hash, purpose, now],
    )
}

/// (uses) that are left.
pub fn left(hash: Vec<u8>, purpose: &str, now: Time) -> Query {
    query(
        "SELECT uses FROM once WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3",
        args![hash, purpose, now],
    )
}

/// Uses up what works once more; RETURNING (member_id, facts), no row when it was used or has expired.
pub fn take(hash: Vec<u8>, purpose: &str, now: Time) -> Change {
    Change::new(
        "DELETE FROM once WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3 AND uses = 1
         RETURNING member_id, facts",
        args![hash, purpose, now],
    )
}

/// The same of what works more often. To stand behind [`take`].
pub fn take_one(hash: Vec<u8>, purpose: &str, now: Time) -> Change {
    Change::new(
        "UPDATE once SET uses = uses - 1 WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3 AND uses > 1
         RETURNING member_id, facts",
        args![hash, purpose, now],
    )
}

/// It works no more.
pub fn end(hash: Vec<u8>, purpose: &str) -> Change {
    Change::new("DELETE FROM once WHERE hash = ?1 AND purpose = ?2", args![hash, purpose])
}

pub fn sweep(now: Time) -> Change {
    Change::new("DELETE FROM once WHERE expires_at <= ?1", args![now])
}
