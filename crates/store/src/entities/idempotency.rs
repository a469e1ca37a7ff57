//! `idempotency`: the posts that came with an `Idempotency-Key`.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// (post_id)
pub fn find(member: Id, key: &str) -> Query {
    query("SELECT post_id FROM idempotency WHERE member_id = ?1 AND key = ?2", args![member, key])
}

/// Fails with `idempotency` when the key was used.
pub fn insert(member: Id, key: &str, post: Id, at: Time) -> Change {
    Change::new(
        "INSERT INTO idempotency (member_id, key, post_id, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (member_id, key) DO NOTHING",
        args![member, key, post, at],
    )
    .or_fail("idempotency")
}

pub fn sweep(before: Time) -> Change {
    Change::new("DELETE FROM idempotency WHERE at < ?1", args![before])
}
