//! `tombstones`: keyed hashes of what was deleted or undone, so that what arrives late is refused.

use crate::{Change, Query, args, query};
use landbridge_model::Time;

/// (hash, at) of those among some hashes that are there.
pub fn find(a: Vec<u8>, b: Vec<u8>) -> Query {
    query("SELECT hash, at FROM tombstones WHERE hash = ?1 OR hash = ?2", args![a, b])
}

/// Puts one, or moves its time on.
pub fn put(hash: Vec<u8>, at: Time) -> Change {
    Change::new(
        "INSERT INTO tombstones (hash, at) VALUES (?1, ?2) ON CONFLICT (hash) DO UPDATE
         SET at = CASE WHEN excluded.at > tombstones.at THEN excluded.at ELSE tombstones.at END",
        args![hash, at],
    )
}

/// There must be neither of two.
pub fn forbid_either(a: Vec<u8>, b: Vec<u8>) -> Change {
    Change::forbid("SELECT 1 FROM tombstones WHERE hash = ?1 OR hash = ?2", args![a, b], "deleted")
}

/// (1) when there is one from that moment or later.
pub fn since(hash: Vec<u8>, at: Time) -> Query {
    query("SELECT 1 FROM tombstones WHERE hash = ?1 AND at >= ?2", args![hash, at])
}

/// There must be none from that moment or later.
pub fn forbid_since(hash: Vec<u8>, at: Time) -> Change {
    Change::forbid("SELECT 1 FROM tombstones WHERE hash = ?1 AND at >= ?2", args![hash, at], "deleted")
}

/// An id is open again.
pub fn reopen(hash: Vec<u8>) -> Change {
    Change::new("DELETE FROM tombstones WHERE hash = ?1", args![hash])
}

/// Older than that.
pub fn sweep(before: Time) -> Change {
    Change::new("DELETE FROM tombstones WHERE at < ?1", args![before])
}
