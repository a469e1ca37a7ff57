//! `search_posts`: words of public posts. Nothing sealed is ever put here.

use crate::{Change, Query, Sql, args, query};
use landbridge_model::{Id, Visibility};

pub fn put(post: Id, text: &str) -> [Change; 2] {
    [
        remove(post),
        Change::new(
            Sql {
                sqlite: "INSERT INTO search_posts (rowid, text) VALUES (?1, ?2)",
                postgres: "INSERT INTO search_posts (rowid, text) VALUES (?1, to_tsvector('simple', ?2::text))",
            },
            args![post, text],
        ),
    ]
}

/// A new post, which has no row yet.
pub fn insert(post: Id, text: &str) -> Change {
    let [_, insert] = put(post, text);
    insert
}

pub fn remove(post: Id) -> Change {
    Change::new("DELETE FROM search_posts WHERE rowid = ?1", args![post])
}

/// Public posts above that id, in the order of their ids: to build the index again.
pub fn indexable(after: Id, most: i64) -> Query {
    query(
        "SELECT p.id FROM posts p WHERE p.id > ?1 AND p.visibility = ?2 AND p.repost_of IS NULL ORDER BY p.id LIMIT ?3",
        args![after, Visibility::Public, most],
    )
}
