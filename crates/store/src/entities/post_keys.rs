//! `post_keys`: the key of a sealed post, wrapped for each member who may read it.

use crate::{Change, Query, args, query};
use landbridge_model::Id;

/// (member_id, wrapped) of everyone who may read the post.
pub fn of_post(post: Id) -> Query {
    query("SELECT member_id, wrapped FROM post_keys WHERE post_id = ?1 ORDER BY member_id", args![post])
}

/// (post_id, wrapped) of those among some posts whose key the member holds.
pub fn held<'a>(member: Id, posts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT post_id, wrapped FROM post_keys WHERE member_id = ?1 AND post_id IN {ints ?2}",
        args![member, super::ints(posts)],
    )
}

pub fn insert(post: Id, member: Id, wrapped: Vec<u8>) -> Change {
    Change::new(
        "INSERT INTO post_keys (post_id, member_id, wrapped) VALUES (?1, ?2, ?3)
         ON CONFLICT (post_id, member_id) DO NOTHING",
        args![post, member, wrapped],
    )
}
