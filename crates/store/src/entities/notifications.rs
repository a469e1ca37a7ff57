//! `notifications`. The words of `kind` are the hub's.

use crate::{Change, args};
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
         WHERE m.actor_id = ?2 AND (m.actor_id <> ?4 OR ?3 = 'poll')
           AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.member_id = ?2 AND u.target_id = ?4 AND u.notifications = 1
                             AND (u.expires_at IS NULL OR u.expires_at > ?6))
           AND NOT EXISTS (SELECT 1 FROM thread_mutes t WHERE t.member_id = ?2 AND t.root_id = ?7)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE (b.actor_id = ?2 AND b.target_id = ?4)
                                                     OR (b.actor_id = ?4 AND b.target_id = ?2))
         ON CONFLICT (member_id, kind, actor_id, post_id) DO NOTHING RETURNING id, member_id",
        args![id, member, kind, actor, post.unwrap_or_default(), at, root.unwrap_or_default()],
    )
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
