//! `tags`: of open posts only; those of sealed posts stay in the sealed body.

use super::Window;
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

/// (name) of tags with a beginning.
pub fn beginning(start: &str, limit: i64, offset: i64) -> Query {
    query(
        Sql {
            sqlite: "SELECT DISTINCT name FROM tags WHERE name >= ?1 AND name < ?2 ORDER BY name LIMIT ?3 OFFSET ?4",
            postgres: "SELECT DISTINCT name COLLATE \"C\" AS name FROM tags
                       WHERE name COLLATE \"C\" >= ?1 AND name COLLATE \"C\" < ?2 ORDER BY name LIMIT ?3 OFFSET ?4",
        },
        args![start, format!("{start}\u{10FFFF}"), limit, offset],
    )
}

/// Which tagged posts are wanted; tags in normal form.
pub struct Tagged<'a> {
    /// Any of these.
    pub any: &'a [String],
    /// All of these.
    pub all: &'a [String],
    /// None of these.
    pub none: &'a [String],
    pub only_media: bool,
    /// 0 all, 1 those written here, 2 those from elsewhere.
    pub source: i64,
}

/// (post_id, post_id) of public posts with tags.
pub fn posts(wanted: &Tagged<'_>, window: Window) -> Query {
    macro_rules! sql {
        ($from:literal) => {
            paged!(
                window,
                concat!(
                    "SELECT p.id, p.id FROM posts p JOIN ",
                    $from,
                    " ON tagged.post_id = p.id
                     WHERE p.visibility = 0 AND p.repost_of IS NULL AND tagged.post_id < ?2 AND tagged.post_id > ?3
                     AND (?5 = 0 OR p.has_media = 1) AND (?6 = 0 OR (?6 = 1 AND p.source = 0) OR (?6 = 2 AND p.source <> 0))
                     AND (?8 = 0 OR (SELECT COUNT(*) FROM tags a WHERE a.post_id = p.id AND a.name IN {texts ?7}) = ?8)
                     AND NOT EXISTS (SELECT 1 FROM tags n WHERE n.post_id = p.id AND n.name IN {texts ?9})
                     ORDER BY tagged.post_id"
                )
            )
        };
    }
    // One tag can be read in order from its index; several must be merged first.
    let (sql, first) = match wanted.any {
        [one] => (sql!("(SELECT post_id FROM tags WHERE name = ?1) tagged"), one.clone()),
        any => {
            (sql!("(SELECT DISTINCT post_id FROM tags WHERE name IN {texts ?1}) tagged"), super::texts(any))
        }
    };
    let all = i64::try_from(wanted.all.len()).unwrap_or(i64::MAX);
    let more =
        args![wanted.only_media, wanted.source, super::texts(wanted.all), all, super::texts(wanted.none)];
    query(sql, [window.args(first), more].concat())
}
