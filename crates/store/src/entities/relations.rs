//! What lies between one reader and others: over several tables at once.

use crate::{Query, args, query};
use landbridge_model::{Id, Time};

/// (id, blocking, blocked by, domain blocked, note, mute's notifications, mute's end, mute's id) of a member with some
/// people. Follows are asked apart: [`super::follows::between`].
pub fn between<'a>(member: Id, people: impl IntoIterator<Item = &'a Id>, now: Time) -> Query {
    query(
        "SELECT a.id,
           EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = ?1 AND b.target_id = a.id),
           EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = a.id AND b.target_id = ?1),
           EXISTS (SELECT 1 FROM member_domain_blocks d WHERE d.member_id = ?1
                   AND (d.domain = a.domain OR a.domain LIKE '%.' || d.domain)),
           n.note, m.notifications, m.expires_at, m.id
         FROM actors a
         LEFT JOIN account_notes n ON n.member_id = ?1 AND n.target_id = a.id
         LEFT JOIN mutes m ON m.member_id = ?1 AND m.target_id = a.id AND (m.expires_at IS NULL OR m.expires_at > ?3)
         WHERE a.id IN {ints ?2}",
        args![member, super::ints(people), now],
    )
}

/// (id, following, blocking, blocked by, muting) of a reader with some authors.
pub fn with_authors<'a>(reader: Id, authors: impl IntoIterator<Item = &'a Id>, now: Time) -> Query {
    query(
        "SELECT a.id,
           EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?1 AND f.target_id = a.id AND f.state = 1),
           EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = ?1 AND b.target_id = a.id),
           EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = a.id AND b.target_id = ?1),
           EXISTS (SELECT 1 FROM mutes m WHERE m.member_id = ?1 AND m.target_id = a.id
                   AND (m.expires_at IS NULL OR m.expires_at > ?3))
         FROM actors a WHERE a.id IN {ints ?2}",
        args![reader, super::ints(authors), now],
    )
}

/// (id, liked, reposted, bookmarked, pinned, thread muted, addressed) of a reader with some posts.
pub fn with_posts(reader: Id, posts: &str) -> Query {
    query(
        "SELECT p.id,
           EXISTS (SELECT 1 FROM reactions r WHERE r.post_id = p.id AND r.actor_id = ?1 AND r.content = ''),
           EXISTS (SELECT 1 FROM posts q WHERE q.repost_of = p.id AND q.author_id = ?1),
           EXISTS (SELECT 1 FROM bookmarks b WHERE b.member_id = ?1 AND b.post_id = p.id),
           EXISTS (SELECT 1 FROM pins i WHERE i.actor_id = ?1 AND i.post_id = p.id),
           EXISTS (SELECT 1 FROM thread_mutes t WHERE t.member_id = ?1 AND t.root_id = p.root_id),
           EXISTS (SELECT 1 FROM mentions m WHERE m.actor_id = ?1 AND m.post_id = p.id)
         FROM posts p WHERE p.id IN {ints ?2}",
        args![reader, posts],
    )
}

/// (id, actor) of posts and the people in them whom the reader has muted or blocked.
pub fn unwanted_in(reader: Id, posts: &str, now: Time) -> Query {
    query(
        "SELECT m.post_id, m.actor_id FROM mentions m WHERE m.post_id IN {ints ?2}
         AND (EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = ?1 AND b.target_id = m.actor_id)
              OR EXISTS (SELECT 1 FROM mutes u WHERE u.member_id = ?1 AND u.target_id = m.actor_id
                         AND (u.expires_at IS NULL OR u.expires_at > ?3)))",
        args![reader, posts, now],
    )
}

/// (author's state, blocked by the author, following, addressed) of a reader with one post.
pub fn to_read(author: Id, reader: Option<Id>, post: Id) -> Query {
    query(
        "SELECT a.state,
           EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = a.id AND b.target_id = ?2),
           EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?2 AND f.target_id = a.id AND f.state = 1),
           EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = ?3 AND m.actor_id = ?2)
         FROM actors a WHERE a.id = ?1",
        args![author, reader.map_or(-1, i64::from), post],
    )
}

/// (id, state, locked, following, blocked in either direction, host blocked, followed by, state of the contact in that
/// scope, the member's rules, whether young) of some members with a stranger. `hosts`: the stranger's, and the wider
/// domains around it.
pub fn of_members(members: &[Id], stranger: Id, hosts: &[String], scope: &str) -> Query {
    query(
        "SELECT a.id, a.state, a.locked,
           EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = a.id AND f.target_id = ?2 AND f.state = 1),
           EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = a.id AND b.target_id = ?2)
             OR EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = ?2 AND b.target_id = a.id),
           EXISTS (SELECT 1 FROM member_domain_blocks d WHERE d.member_id = a.id AND d.domain IN {texts ?3}),
           EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?2 AND f.target_id = a.id AND f.state = 1),
           c.state, m.contact_rules, m.young
         FROM actors a LEFT JOIN members m ON m.actor_id = a.id
         LEFT JOIN contacts c ON c.member_id = a.id AND c.stranger_id = ?2 AND c.scope = ?4
         WHERE a.id IN {ints ?1} AND a.domain = ''",
        args![super::ints(members), stranger, super::texts(hosts), scope],
    )
}
