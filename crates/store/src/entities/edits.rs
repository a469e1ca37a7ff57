//! `edits`: earlier versions of posts.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// (at, sealed, body), oldest first; not more than are ever kept.
pub fn of_post(post: Id) -> Query {
    query("SELECT at, sealed, body FROM edits WHERE post_id = ?1 ORDER BY at LIMIT 200", args![post])
}

/// Keeps the present version of a post as an earlier one, inside the write that replaces it.
pub fn keep_present(post: Id) -> Change {
    Change::new(
        "INSERT INTO edits (post_id, at, sealed, body)
         SELECT id, COALESCE(edited_at, created_at), sealed, body FROM posts WHERE id = ?1
         ON CONFLICT (post_id, at) DO NOTHING",
        args![post],
    )
}

/// Keeps at most so many earlier versions of a post.
pub fn trim(post: Id, most: i64) -> Change {
    Change::new(
        "DELETE FROM edits WHERE post_id = ?1 AND at NOT IN
           (SELECT at FROM edits WHERE post_id = ?1 ORDER BY at DESC LIMIT ?2)",
        args![post, most],
    )
}

pub fn delete(post: Id, at: Time) -> Change {
    Change::new("DELETE FROM edits WHERE post_id = ?1 AND at = ?2", args![post, at])
}
