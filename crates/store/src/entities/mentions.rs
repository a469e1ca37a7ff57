//! `mentions`: who is named in or addressed by a post.

use crate::{Change, Query, args, query};
use landbridge_model::Id;

pub fn insert(post: Id, actors: &[Id]) -> Change {
    Change::new(
        "INSERT INTO mentions (post_id, actor_id) SELECT ?1, id FROM actors WHERE id IN {ints ?2}
         ON CONFLICT (post_id, actor_id) DO NOTHING",
        args![post, super::ints(actors)],
    )
}

pub fn delete(post: Id) -> Change {
    Change::new("DELETE FROM mentions WHERE post_id = ?1", args![post])
}

/// A row when that actor is named in or addressed by the post.
pub fn has(post: Id, actor: Id) -> Query {
    query("SELECT 1 FROM mentions WHERE post_id = ?1 AND actor_id = ?2", args![post, actor])
}

/// (actor_id) of members who are named in or addressed by the post.
pub fn members(post: Id) -> Query {
    query(
        "SELECT n.actor_id FROM mentions n JOIN members m ON m.actor_id = n.actor_id WHERE n.post_id = ?1",
        args![post],
    )
}
