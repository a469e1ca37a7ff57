//! `gated`: answers and quotes that the author of a post has taken out of sight.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Network};

/// Why something is out of sight. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum Gated {
    /// An answer that the author of the thread has hidden.
    Hidden = 0,
    /// A quote that the quoted author has taken off.
    Detached = 1,
    /// An answer by somebody who was not let answer.
    Against = 2,
}

/// (native_id) of what was put so.
pub fn of_post(post: Id, kind: Gated, network: Network) -> Query {
    query(
        "SELECT native_id FROM gated WHERE post_id = ?1 AND kind = ?2 AND network = ?3",
        args![post, kind as i64, network],
    )
}

/// A row when that one is.
pub fn is(post: Id, kind: Gated, network: Network, native_id: &str) -> Query {
    query(
        "SELECT 1 FROM gated WHERE post_id = ?1 AND kind = ?2 AND network = ?3 AND native_id = ?4",
        args![post, kind as i64, network, native_id],
    )
}

/// (id, author_id) of posts here that are out of sight in a thread.
pub fn in_thread(root: Id) -> Query {
    query(
        "SELECT p.id, p.author_id FROM gated g
         JOIN copies c ON c.network = g.network AND c.native_id = g.native_id
         JOIN posts p ON p.id = c.object_id WHERE g.post_id = ?1 AND g.kind IN (0, 2)",
        args![root],
    )
}

pub fn put(post: Id, kind: Gated, network: Network, native_id: &str) -> Change {
    Change::new(
        "INSERT INTO gated (post_id, kind, network, native_id) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (post_id, kind, network, native_id) DO NOTHING",
        args![post, kind as i64, network, native_id],
    )
}

/// What one network's word was is taken back.
pub fn clear(post: Id, kind: Gated, network: Network) -> Change {
    Change::new(
        "DELETE FROM gated WHERE post_id = ?1 AND kind = ?2 AND network = ?3",
        args![post, kind as i64, network],
    )
}
