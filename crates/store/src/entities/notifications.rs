//! `notifications`. The words of `kind` are the hub's.

use super::Window;
use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// Tells a member, once for the same kind, person and post. RETURNING (id, member_id) when it is new. Nothing is told of
/// people whom the member has muted, nor in threads that the member has muted (`root`).
pub fn insert(
    id: Id,
    member: Id,
    kind: &str,
    actor: Id,
    post: Option<Id>,
    root: Option<Id>,
    at: Time,
) -> Change {
    Change::new(
        "INSERT INTO notifications (id, member_id, kind, actor_id, post_id, at)
         SELECT ?1, m.actor_id, ?3, ?4, ?5, ?6 FROM members m
         WHERE m.actor_id = ?2 AND (m.actor_id <> ?4 OR ?3 IN ('poll', 'moderation_warning'))
           AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.member_id = ?2 AND u.target_id = ?4 AND u.notifications = 1
                             AND (u.expires_at IS NULL OR u.expires_at > ?6))
           AND NOT EXISTS (SELECT 1 FROM thread_mutes t WHERE t.member_id = ?2 AND t.root_id = ?7)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE (b.actor_id = ?2 AND b.target_id = ?4)
                                                     OR (b.actor_id = ?4 AND b.target_id = ?2))
         ON CONFLICT (member_id, kind, actor_id, post_id) DO NOTHING RETURNING id, member_id",
        args![id, member, kind, actor, post.unwrap_or_default(), at, root.unwrap_or_default()],
    )
}

/// (id, kind, at, actor_id, post_id) of what a member was told: of some kinds (none: of all), by somebody (`None`: by
/// anybody), without those whom the member has blocked or muted since.
pub fn page(member: Id, kinds: &[&str], by: Option<Id>, now: Time, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT n.id, n.kind, n.at, n.actor_id, n.post_id FROM notifications n
         WHERE n.member_id = ?1 AND n.id < ?2 AND n.id > ?3
         AND (?5 = 0 OR n.kind IN {texts ?6}) AND (?7 < 0 OR n.actor_id = ?7)
         AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = ?1 AND b.target_id = n.actor_id)
         AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.member_id = ?1 AND m.target_id = n.actor_id
                         AND m.notifications = 1 AND (m.expires_at IS NULL OR m.expires_at > ?8))
         ORDER BY n.id"
    );
    let more = args![!kinds.is_empty(), super::texts(kinds), by.map_or(-1, i64::from), now];
    query(sql, [window.args(member), more].concat())
}

/// (id, kind, at, actor_id, post_id)
pub fn one(member: Id, id: Id) -> Query {
    query(
        "SELECT id, kind, at, actor_id, post_id FROM notifications WHERE member_id = ?1 AND id = ?2",
        args![member, id],
    )
}

/// How many are newer than the member's marker, at most 1000.
pub fn unread(member: Id) -> Query {
    query(
        "SELECT COUNT(*) FROM (SELECT id FROM notifications WHERE member_id = ?1 AND id >
           COALESCE((SELECT last_read_id FROM markers WHERE member_id = ?1 AND timeline = 'notifications'), 0)
         ORDER BY id LIMIT 1000) newer",
        args![member],
    )
}

pub fn delete(member: Id, id: Id) -> Change {
    Change::new("DELETE FROM notifications WHERE member_id = ?1 AND id = ?2", args![member, id])
}

pub fn delete_all(member: Id) -> Change {
    Change::new("DELETE FROM notifications WHERE member_id = ?1", args![member])
}

/// Takes back what somebody's undone act had told.
pub fn retract(member: Id, kind: &str, actor: Id, post: Option<Id>) -> Change {
    Change::new(
        "DELETE FROM notifications WHERE member_id = ?1 AND kind = ?2 AND actor_id = ?3 AND post_id = ?4",
        args![member, kind, actor, post.unwrap_or_default()],
    )
}

/// All that one person's acts had told a member.
pub fn forget_actor(member: Id, actor: Id) -> Change {
    Change::new("DELETE FROM notifications WHERE member_id = ?1 AND actor_id = ?2", args![member, actor])
}

pub fn sweep(before: Time) -> Change {
    Change::new("DELETE FROM notifications WHERE at < ?1", args![before])
}
