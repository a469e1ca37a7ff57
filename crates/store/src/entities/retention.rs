//! What has outlived its retention rule.

use crate::{Change, Query, Sql, args, query};
use landbridge_model::{Id, Time};

/// (id) of remote posts whose time is over.
pub fn due_posts(now: Time, limit: i64) -> Query {
    query(
        "SELECT id FROM posts WHERE kept_until IS NOT NULL AND kept_until <= ?1 ORDER BY kept_until LIMIT ?2",
        args![now, limit],
    )
}

/// (id) of those among some posts that a member uses: answered, quoted, reposted, liked, bookmarked, or was named in.
pub fn used<'a>(posts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT p.id FROM posts p WHERE p.id IN {ints ?1} AND (
           EXISTS (SELECT 1 FROM posts r WHERE r.reply_to = p.id AND r.source = 0)
           OR EXISTS (SELECT 1 FROM posts r WHERE r.repost_of = p.id AND r.source = 0)
           OR EXISTS (SELECT 1 FROM posts r WHERE r.quote_of = p.id AND r.source = 0)
           OR EXISTS (SELECT 1 FROM bookmarks b WHERE b.post_id = p.id)
           OR EXISTS (SELECT 1 FROM reactions r WHERE r.post_id = p.id AND r.source = 0)
           OR EXISTS (SELECT 1 FROM mentions m JOIN members n ON n.actor_id = m.actor_id WHERE m.post_id = p.id))",
        args![super::ints(posts)],
    )
}

/// Wire originals whose time is over go; the names stay as long as the thing.
pub fn drop_originals(now: Time) -> Change {
    Change::new("UPDATE copies SET original = NULL, kept_until = NULL WHERE kept_until <= ?1", args![now])
}

/// (id) of sealed posts that nobody can open any more.
pub fn unreadable(limit: i64) -> Query {
    query(
        "SELECT p.id FROM posts p WHERE p.sealed = 1 AND NOT EXISTS (SELECT 1 FROM post_keys k WHERE k.post_id = p.id) LIMIT ?1",
        args![limit],
    )
}

/// (id) of people elsewhere who mean nothing to anybody here and were not looked at since then.
pub fn strangers(before: Time, limit: i64) -> Query {
    query(
        "SELECT a.id FROM actors a WHERE a.domain <> '' AND a.state = 0 AND a.fetched_at < ?1
           AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.author_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.target_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.target_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.target_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM mentions m WHERE m.actor_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM reactions r WHERE r.actor_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.actor_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.actor_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.target_id = a.id OR r.reporter_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM contacts k WHERE k.stranger_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM contact_log l WHERE l.stranger_id = a.id)
         LIMIT ?2",
        args![before, limit],
    )
}

pub fn remove_stranger(actor: Id) -> [Change; 2] {
    [
        Change::new("DELETE FROM presences WHERE actor_id = ?1", args![actor]),
        Change::new("DELETE FROM actors WHERE id = ?1 AND domain <> ''", args![actor]),
    ]
}

/// Each member keeps the newest so many posts on the home timeline.
pub fn trim_homes(most: i64) -> Change {
    Change::new(
        Sql {
            sqlite: "DELETE FROM home WHERE (member_id, post_id) IN
                       (SELECT member_id, post_id FROM
                          (SELECT member_id, post_id, ROW_NUMBER() OVER (PARTITION BY member_id ORDER BY post_id DESC) AS place
                           FROM home) WHERE place > ?1)",
            postgres: "DELETE FROM home WHERE (member_id, post_id) IN
                       (SELECT member_id, post_id FROM
                          (SELECT member_id, post_id, ROW_NUMBER() OVER (PARTITION BY member_id ORDER BY post_id DESC) AS place
                           FROM home) placed WHERE place > ?1)",
        },
        args![most],
    )
}
