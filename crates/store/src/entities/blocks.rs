//! `blocks`, `mutes`, `thread_mutes`, `member_domain_blocks`: whom somebody does not want to meet.

use super::Window;
use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// A row when either has blocked the other.
pub fn either(a: Id, b: Id) -> Query {
    query(
        "SELECT 1 FROM blocks WHERE (actor_id = ?1 AND target_id = ?2) OR (actor_id = ?2 AND target_id = ?1) LIMIT 1",
        args![a, b],
    )
}

/// (id) of the block by one actor of another.
pub fn one(actor: Id, target: Id) -> Query {
    query("SELECT id FROM blocks WHERE actor_id = ?1 AND target_id = ?2", args![actor, target])
}

/// No block in either direction may stand.
pub fn forbid(a: Id, b: Id) -> Change {
    Change::forbid(
        "SELECT 1 FROM blocks WHERE (actor_id = ?1 AND target_id = ?2) OR (actor_id = ?2 AND target_id = ?1)",
        args![a, b],
        "blocked",
    )
}

pub fn insert(id: Id, actor: Id, target: Id, at: Time) -> Change {
    Change::new(
        "INSERT INTO blocks (id, actor_id, target_id, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (actor_id, target_id) DO NOTHING",
        args![id, actor, target, at],
    )
}

/// RETURNING the block's id, if there was one.
pub fn delete(actor: Id, target: Id) -> Change {
    Change::new(
        "DELETE FROM blocks WHERE actor_id = ?1 AND target_id = ?2 RETURNING id",
        args![actor, target],
    )
}

/// (target) of an actor's block.
pub fn target_of(id: Id, actor: Id) -> Query {
    query("SELECT target_id FROM blocks WHERE actor_id = ?2 AND id = ?1", args![id, actor])
}

pub fn delete_by_id(id: Id) -> Change {
    Change::new("DELETE FROM blocks WHERE id = ?1", args![id])
}

/// (id, target_id) of whom that actor has blocked.
pub fn blocked(actor: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, target_id FROM blocks WHERE actor_id = ?1 AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, actor)
}

/// (id, target_id) of whom that member has muted.
pub fn muted(member: Id, now: Time, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, target_id FROM mutes WHERE member_id = ?1 AND id < ?2 AND id > ?3
         AND (expires_at IS NULL OR expires_at > ?5) ORDER BY id"
    );
    query(sql, [window.args(member), args![now]].concat())
}

/// Mutes, or changes how.
pub fn mute(
    id: Id,
    member: Id,
    target: Id,
    notifications: bool,
    expires_at: Option<Time>,
    at: Time,
) -> Change {
    Change::new(
        "INSERT INTO mutes (id, member_id, target_id, notifications, expires_at, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (member_id, target_id)
         DO UPDATE SET notifications = excluded.notifications, expires_at = excluded.expires_at",
        args![id, member, target, notifications, expires_at, at],
    )
}

pub fn unmute(member: Id, target: Id) -> Change {
    Change::new("DELETE FROM mutes WHERE member_id = ?1 AND target_id = ?2", args![member, target])
}

/// (member_id, target_id) of mutes whose time is over.
pub fn expired_mutes(now: Time, limit: i64) -> Query {
    query(
        "SELECT member_id, target_id FROM mutes WHERE expires_at IS NOT NULL AND expires_at <= ?1 LIMIT ?2",
        args![now, limit],
    )
}

/// Ends a mute, unless it was made longer meanwhile.
pub fn expire_mute(member: Id, target: Id, now: Time) -> Change {
    Change::new(
        "DELETE FROM mutes WHERE member_id = ?1 AND target_id = ?2 AND expires_at IS NOT NULL AND expires_at <= ?3",
        args![member, target, now],
    )
}

pub fn mute_thread(member: Id, root: Id) -> Change {
    Change::new(
        "INSERT INTO thread_mutes (member_id, root_id) VALUES (?1, ?2) ON CONFLICT (member_id, root_id) DO NOTHING",
        args![member, root],
    )
}

pub fn unmute_thread(member: Id, root: Id) -> Change {
    Change::new("DELETE FROM thread_mutes WHERE member_id = ?1 AND root_id = ?2", args![member, root])
}

/// (domain) of a member's own rules, newest first.
pub fn domains(member: Id) -> Query {
    query(
        "SELECT domain FROM member_domain_blocks WHERE member_id = ?1 ORDER BY at DESC, domain",
        args![member],
    )
}

pub fn block_domain(member: Id, domain: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO member_domain_blocks (member_id, domain, at) VALUES (?1, ?2, ?3) ON CONFLICT (member_id, domain) DO NOTHING",
        args![member, domain, at],
    )
}

pub fn unblock_domain(member: Id, domain: &str) -> Change {
    Change::new(
        "DELETE FROM member_domain_blocks WHERE member_id = ?1 AND domain = ?2",
        args![member, domain],
    )
}
