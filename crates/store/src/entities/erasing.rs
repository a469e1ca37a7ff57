//! Everything about one actor, in all tables of the core: what an erasure removes, in one write.
//!
//! A table that names people gets its line here. (Tables of the networks are the networks' own to clean.)

use crate::{Change, Query, args, query};
use landbridge_model::Id;

/// Posts of the actor, and others' reposts of them.
macro_rules! theirs {
    () => {
        "(SELECT p.id FROM posts p WHERE p.author_id = ?1
          UNION SELECT r.id FROM posts o JOIN posts r ON r.repost_of = o.id WHERE o.author_id = ?1)"
    };
}

/// What they had counted elsewhere is taken back first, then rows go, those that others are found by last.
const STATEMENTS: &[&str] = &[
    "UPDATE posts SET likes = likes - (SELECT COUNT(*) FROM reactions r
       WHERE r.post_id = posts.id AND r.actor_id = ?1 AND r.content <> '-')
     WHERE id IN (SELECT r.post_id FROM reactions r WHERE r.actor_id = ?1)",
    "UPDATE posts SET reposts = reposts - 1 WHERE reposts > 0 AND id IN
       (SELECT p.repost_of FROM posts p WHERE p.author_id = ?1 AND p.repost_of IS NOT NULL)",
    "UPDATE posts SET replies = replies - (SELECT COUNT(*) FROM posts p WHERE p.reply_to = posts.id AND p.author_id = ?1)
     WHERE id IN (SELECT p.reply_to FROM posts p WHERE p.author_id = ?1 AND p.reply_to IS NOT NULL)",
    "UPDATE posts SET quote_state = 4, quote_of = NULL WHERE quote_of IN (SELECT p.id FROM posts p WHERE p.author_id = ?1)",
    "UPDATE actors SET followers = followers - 1 WHERE domain = '' AND followers > 0 AND id IN
       (SELECT f.target_id FROM follows f WHERE f.follower_id = ?1 AND f.state = 1)",
    "UPDATE actors SET following = following - 1 WHERE domain = '' AND following > 0 AND id IN
       (SELECT f.follower_id FROM follows f WHERE f.target_id = ?1 AND f.state = 1)",
    concat!("DELETE FROM home WHERE post_id IN ", theirs!()),
    "DELETE FROM home WHERE member_id = ?1",
    concat!("DELETE FROM notifications WHERE post_id IN ", theirs!()),
    "DELETE FROM notifications WHERE actor_id = ?1 OR member_id = ?1",
    concat!("DELETE FROM bookmarks WHERE member_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM pins WHERE actor_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM mentions WHERE actor_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM tags WHERE post_id IN ", theirs!()),
    concat!("DELETE FROM polls WHERE post_id IN ", theirs!()),
    concat!("DELETE FROM votes WHERE actor_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM edits WHERE post_id IN ", theirs!()),
    concat!("DELETE FROM post_keys WHERE member_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM fetchers WHERE post_id IN ", theirs!()),
    concat!("DELETE FROM idempotency WHERE member_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM media WHERE owner_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM search_posts WHERE rowid IN ", theirs!()),
    concat!("DELETE FROM awaited WHERE post_id IN ", theirs!()),
    "DELETE FROM conversation_posts WHERE conversation_id IN (SELECT c.id FROM conversations c WHERE c.member_id = ?1)",
    "DELETE FROM conversations WHERE member_id = ?1",
    concat!("DELETE FROM conversation_posts WHERE post_id IN ", theirs!()),
    concat!(
        "DELETE FROM conversations WHERE NOT EXISTS
           (SELECT 1 FROM conversation_posts p WHERE p.conversation_id = conversations.id) AND last_post IN ",
        theirs!()
    ),
    concat!(
        "UPDATE conversations SET last_post = (SELECT MAX(p.post_id) FROM conversation_posts p
           WHERE p.conversation_id = conversations.id) WHERE last_post IN ",
        theirs!()
    ),
    concat!("DELETE FROM gated WHERE post_id IN ", theirs!()),
    "DELETE FROM gated WHERE network IN (SELECT c.network FROM copies c WHERE c.actor_id = ?1)
       AND native_id IN (SELECT c.native_id FROM copies c WHERE c.actor_id = ?1)",
    "DELETE FROM labels WHERE network IN (SELECT c.network FROM copies c WHERE c.actor_id = ?1)
       AND native_id IN (SELECT c.native_id FROM copies c WHERE c.actor_id = ?1)",
    "DELETE FROM labels WHERE network IN (SELECT p.network FROM presences p WHERE p.actor_id = ?1)
       AND native_id IN (SELECT p.native_id FROM presences p WHERE p.actor_id = ?1)",
    "DELETE FROM label_sources WHERE member_id = ?1",
    "DELETE FROM label_choices WHERE member_id = ?1",
    concat!("DELETE FROM thread_mutes WHERE member_id = ?1 OR root_id IN ", theirs!()),
    "DELETE FROM copies WHERE kind = 'reaction' AND object_id IN
       (SELECT r.id FROM reactions r JOIN posts p ON p.id = r.post_id WHERE p.author_id = ?1)",
    concat!("DELETE FROM reactions WHERE actor_id = ?1 OR post_id IN ", theirs!()),
    concat!("DELETE FROM copies WHERE kind IN ('post', 'repost') AND object_id IN ", theirs!()),
    "DELETE FROM copies WHERE kind = 'follow' AND object_id IN
       (SELECT f.id FROM follows f WHERE f.follower_id = ?1 OR f.target_id = ?1)",
    "DELETE FROM copies WHERE actor_id = ?1",
    "DELETE FROM follows WHERE follower_id = ?1 OR target_id = ?1",
    "DELETE FROM blocks WHERE actor_id = ?1 OR target_id = ?1",
    "DELETE FROM mutes WHERE member_id = ?1 OR target_id = ?1",
    "DELETE FROM account_notes WHERE member_id = ?1 OR target_id = ?1",
    "DELETE FROM member_domain_blocks WHERE member_id = ?1",
    "DELETE FROM contact_items WHERE member_id = ?1 OR stranger_id = ?1",
    "DELETE FROM contacts WHERE member_id = ?1 OR stranger_id = ?1",
    "DELETE FROM contact_log WHERE member_id = ?1 OR stranger_id = ?1",
    "DELETE FROM reports WHERE reporter_id = ?1 OR target_id = ?1",
    "DELETE FROM decisions WHERE target_id = ?1",
    "DELETE FROM deliveries WHERE payload_id IN (SELECT l.id FROM payloads l WHERE l.actor_id = ?1)",
    "DELETE FROM payloads WHERE actor_id = ?1",
    "DELETE FROM grant_uses WHERE grant_id IN (SELECT g.id FROM grants g WHERE g.member_id = ?1)",
    "DELETE FROM push_subscriptions WHERE member_id = ?1",
    "DELETE FROM grants WHERE member_id = ?1",
    "DELETE FROM once WHERE member_id = ?1",
    "DELETE FROM markers WHERE member_id = ?1",
    "DELETE FROM keys WHERE actor_id = ?1",
    "DELETE FROM members WHERE actor_id = ?1",
    "DELETE FROM posts WHERE repost_of IN (SELECT p.id FROM posts p WHERE p.author_id = ?1)",
    "DELETE FROM posts WHERE author_id = ?1",
    "UPDATE actors SET moved_to = NULL WHERE moved_to = ?1",
    // A member's name is not given out again, and their identities answer that they are gone.
    "UPDATE presences SET state = 2, facts = '{}' WHERE actor_id IN (SELECT a.id FROM actors a WHERE a.id = ?1 AND a.domain = '')",
    "UPDATE actors SET state = 3, display_name = '', profile = '{}', url = NULL, moved_to = NULL, last_post_at = NULL,
       followers = 0, following = 0, posts = 0 WHERE id = ?1 AND domain = ''",
    "DELETE FROM presences WHERE actor_id IN (SELECT a.id FROM actors a WHERE a.id = ?1 AND a.domain <> '')",
    "DELETE FROM actors WHERE id = ?1 AND domain <> ''",
];

pub fn everything(actor: Id) -> Vec<Change> {
    let mut changes = super::files::release_of_actor(actor);
    changes.extend(STATEMENTS.iter().map(|sql| Change::new(*sql, args![actor])));
    changes
}

/// (media) of the actor's attachments, the newest so many.
pub fn attachments(actor: Id, most: i64) -> Query {
    query("SELECT media FROM media WHERE owner_id = ?1 ORDER BY id DESC LIMIT ?2", args![actor, most])
}

/// (native_id) of the actor's posts and reposts, the newest so many.
pub fn native_ids(actor: Id, most: i64) -> Query {
    query(
        "SELECT native_id FROM copies WHERE actor_id = ?1 AND kind IN ('post', 'repost') ORDER BY created_at DESC LIMIT ?2",
        args![actor, most],
    )
}

/// (actor_id, network, native_id) of every identity: to find whom a journal means.
pub fn identities(after: Id, most: i64) -> Query {
    query(
        "SELECT actor_id, network, native_id FROM presences WHERE actor_id > ?1 ORDER BY actor_id LIMIT ?2",
        args![after, most],
    )
}
