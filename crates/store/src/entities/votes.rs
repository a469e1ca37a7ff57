//! `votes`: who chose what in a poll, one row a choice.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// (post_id, choice, votes) by poll and option.
pub fn counts<'a>(posts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT post_id, choice, COUNT(*) FROM votes WHERE post_id IN {ints ?1} GROUP BY post_id, choice",
        args![super::ints(posts)],
    )
}

/// (post_id, voters) by poll.
pub fn voters<'a>(posts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT post_id, COUNT(DISTINCT actor_id) FROM votes WHERE post_id IN {ints ?1} GROUP BY post_id",
        args![super::ints(posts)],
    )
}

/// (post_id, choice) of one voter, in some posts.
pub fn by(actor: Id, posts: &str) -> Query {
    query(
        "SELECT post_id, choice FROM votes WHERE actor_id = ?1 AND post_id IN {ints ?2} ORDER BY post_id, choice",
        args![actor, posts],
    )
}

/// (actor_id) of everyone who voted.
pub fn voters_of(post: Id) -> Query {
    query("SELECT DISTINCT actor_id FROM votes WHERE post_id = ?1", args![post])
}

pub fn insert(post: Id, actor: Id, choice: usize, at: Time) -> Change {
    let choice = i64::try_from(choice).unwrap_or(i64::MAX);
    Change::new(
        "INSERT INTO votes (post_id, actor_id, choice, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (post_id, actor_id, choice) DO NOTHING",
        args![post, actor, choice, at],
    )
    .or_fail("voted before")
}

/// This voter must not have voted yet.
pub fn forbid_earlier(post: Id, actor: Id) -> Change {
    Change::forbid(
        "SELECT 1 FROM votes WHERE post_id = ?1 AND actor_id = ?2",
        args![post, actor],
        "voted before",
    )
}

/// Nobody who has voted votes anew once the poll is over: they may have seen how it ended.
pub fn forbid_after_end(post: Id, actor: Id, now: Time) -> Change {
    Change::forbid(
        "SELECT 1 FROM votes v JOIN polls p ON p.post_id = v.post_id
         WHERE v.post_id = ?1 AND v.actor_id = ?2 AND (p.closed = 1 OR p.ends_at <= ?3)",
        args![post, actor, now],
        "voted before",
    )
}

/// What this voter chose before that time.
pub fn delete_older(post: Id, actor: Id, than: Time) -> Change {
    Change::new(
        "DELETE FROM votes WHERE post_id = ?1 AND actor_id = ?2 AND at < ?3",
        args![post, actor, than],
    )
}

pub fn delete(post: Id) -> Change {
    Change::new("DELETE FROM votes WHERE post_id = ?1", args![post])
}
