//! `search_posts`: words of public posts. Nothing sealed is ever put here.

use crate::{Change, Sql, args};
use landbridge_model::Id;

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
