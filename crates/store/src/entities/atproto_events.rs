//! `atproto_events`: what subscribers of members' repositories are told, in the order of commits.

use crate::{Change, Query, args, query, sequence};
use landbridge_model::{Id, Time};

/// Name of the sequence.
pub const SEQUENCE: &str = "atproto";

/// The next event. Its number is taken inside the write, and returned.
pub fn append(actor: Id, before: &[u8], after: &[u8], at: Time) -> [Change; 2] {
    [
        sequence::next(SEQUENCE),
        Change::new(
            "INSERT INTO atproto_events (seq, actor_id, before, after, at)
             SELECT value, ?1, ?2, ?3, ?4 FROM counters WHERE name = 'atproto'",
            args![actor, before, after, at],
        ),
    ]
}

/// (seq, before, after) behind a number, in order.
pub fn after(seq: i64, limit: i64) -> Query {
    query(
        "SELECT seq, before, after FROM atproto_events WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        args![seq, limit],
    )
}

/// (seq) of the last number given out.
pub fn last() -> Query {
    query("SELECT value FROM counters WHERE name = ?1", args![SEQUENCE])
}

/// (seq) of the oldest that is kept; NULL when there is none.
pub fn first() -> Query {
    query("SELECT MIN(seq) FROM atproto_events", args![])
}

/// Forgets what happened before.
pub fn sweep(before: Time) -> Change {
    Change::new("DELETE FROM atproto_events WHERE at < ?1", args![before])
}

/// What was said of somebody who is erased, but for the last word: that the account is gone.
pub fn erase(actor: Id) -> Change {
    Change::new(
        "DELETE FROM atproto_events WHERE actor_id = ?1
         AND seq < (SELECT MAX(e.seq) FROM atproto_events e WHERE e.actor_id = ?1)",
        args![actor],
    )
}
