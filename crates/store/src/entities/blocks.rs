//! `blocks`, `mutes`, `thread_mutes`, `member_domain_blocks`: whom somebody does not want to meet.

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

/// (other, by_other) for each block between one actor and any of some others.
pub fn between<'a>(actor: Id, others: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT CASE WHEN actor_id = ?1 THEN target_id ELSE actor_id END, CASE WHEN actor_id = ?1 THEN 0 ELSE 1 END
         FROM blocks WHERE (actor_id = ?1 AND target_id IN {ints ?2}) OR (target_id = ?1 AND actor_id IN {ints ?2})",
        args![actor, super::ints(others)],
    )
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

pub fn delete_by_id(id: Id) -> Change {
    Change::new("DELETE FROM blocks WHERE id = ?1", args![id])
}

/// (target_id, notifications, expires_at) of a member's mutes of some people.
pub fn mutes_of<'a>(member: Id, targets: impl IntoIterator<Item = &'a Id>, now: Time) -> Query {
    query(
        "SELECT target_id, notifications, expires_at FROM mutes
         WHERE member_id = ?1 AND target_id IN {ints ?2} AND (expires_at IS NULL OR expires_at > ?3)",
        args![member, super::ints(targets), now],
    )
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

/// Mutes whose time is over.
pub fn expire_mutes(now: Time) -> Change {
    Change::new("DELETE FROM mutes WHERE expires_at IS NOT NULL AND expires_at <= ?1", args![now])
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

/// (root_id) of the threads among some that the member has muted.
pub fn muted_threads<'a>(member: Id, roots: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT root_id FROM thread_mutes WHERE member_id = ?1 AND root_id IN {ints ?2}",
        args![member, super::ints(roots)],
    )
}

/// (domain) of a member's own rules.
pub fn domains(member: Id) -> Query {
    query("SELECT domain FROM member_domain_blocks WHERE member_id = ?1 ORDER BY domain", args![member])
}

/// (member_id) of those among some members who have a rule against one of these hosts.
pub fn members_against<'a, T: AsRef<str>>(members: impl IntoIterator<Item = &'a Id>, domains: &[T]) -> Query {
    query(
        "SELECT member_id FROM member_domain_blocks WHERE member_id IN {ints ?1} AND domain IN {texts ?2}",
        args![super::ints(members), super::texts(domains)],
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
