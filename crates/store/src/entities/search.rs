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

/// (rowid) of posts with these words, by one author or (`None`) by anybody, newest first. `words`: an FTS5 query on SQLite,
/// plain text on PostgreSQL.
pub fn find(words: &str, author: Option<Id>, limit: i64, offset: i64) -> Query {
    query(
        Sql {
            sqlite: "SELECT s.rowid FROM search_posts s JOIN posts p ON p.id = s.rowid
                     WHERE search_posts MATCH ?1 AND (?2 < 0 OR p.author_id = ?2) ORDER BY s.rowid DESC LIMIT ?3 OFFSET ?4",
            postgres: "SELECT s.rowid FROM search_posts s JOIN posts p ON p.id = s.rowid
                       WHERE s.text @@ plainto_tsquery('simple', ?1) AND (?2 < 0 OR p.author_id = ?2)
                       ORDER BY s.rowid DESC LIMIT ?3 OFFSET ?4",
        },
        args![words, author.map_or(-1, i64::from), limit, offset],
    )
}

/// SQLite: deleted words leave the index only when its parts are merged. `pages`: how much to do at once, negative to begin
/// with all parts. (PostgreSQL removes them with its vacuum.)
pub fn merge(pages: i64) -> Change {
    Change::new(
        Sql {
            sqlite: "INSERT INTO search_posts (search_posts, rank) VALUES ('merge', ?1)",
            postgres: "SELECT 1 WHERE CAST(?1 AS BIGINT) = 0",
        },
        args![pages],
    )
}

/// Public posts above that id, in the order of their ids: to build the index again.
pub fn indexable(after: Id, most: i64) -> Query {
    query(
        "SELECT p.id FROM posts p WHERE p.id > ?1 AND p.visibility = ?2 AND p.repost_of IS NULL ORDER BY p.id LIMIT ?3",
        args![after, Visibility::Public, most],
    )
}
