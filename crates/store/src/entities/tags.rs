//! `tags`: of open posts only; those of sealed posts stay in the sealed body.

use crate::{Change, Query, Sql, args, query};
use landbridge_model::Id;

pub fn insert(post: Id, names: &[String]) -> Change {
    Change::new(
        Sql {
            sqlite: "INSERT INTO tags (name, post_id) SELECT value, ?1 FROM json_each(?2) WHERE true
                     ON CONFLICT (name, post_id) DO NOTHING",
            postgres: "INSERT INTO tags (name, post_id) SELECT value, ?1 FROM json_array_elements_text(?2::text::json)
                       ON CONFLICT (name, post_id) DO NOTHING",
        },
        args![post, super::texts(names)],
    )
}

pub fn delete(post: Id) -> Change {
    Change::new("DELETE FROM tags WHERE post_id = ?1", args![post])
}

/// (name, posts) of tags with a beginning.
pub fn beginning(prefix: &str, limit: i64) -> Query {
    query(
        "SELECT name, COUNT(*) FROM tags WHERE name >= ?1 AND name < ?2 GROUP BY name ORDER BY COUNT(*) DESC, name LIMIT ?3",
        args![prefix, format!("{prefix}\u{10FFFF}"), limit],
    )
}
