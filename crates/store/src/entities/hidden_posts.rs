//! `hidden_posts`: what a moderator shows to nobody for now.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

pub fn hide(post: Id, at: Time) -> Change {
    Change::new(
        "INSERT INTO hidden_posts (post_id, at) VALUES (?1, ?2) ON CONFLICT (post_id) DO NOTHING",
        args![post, at],
    )
}

pub fn show(post: Id) -> Change {
    Change::new("DELETE FROM hidden_posts WHERE post_id = ?1", args![post])
}

/// (post_id) of those among some posts; see [`super::ints`].
pub fn among(posts: &str) -> Query {
    query("SELECT post_id FROM hidden_posts WHERE post_id IN {ints ?1}", args![posts])
}
