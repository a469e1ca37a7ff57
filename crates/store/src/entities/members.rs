//! `members`: who signs in here.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

/// One member's row; the actor's row stands beside it.
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub actor: Id,
    pub password_hash: String,
    pub role: String,
    /// JSON.
    pub settings: String,
    pub created_at: Time,
}

impl MemberRow {
    pub fn read(row: &mut Row) -> Result<MemberRow, StoreError> {
        Ok(MemberRow {
            actor: row.get(0)?,
            password_hash: row.get(1)?,
            role: row.get(2)?,
            settings: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

pub fn by_id(actor: Id) -> Query {
    query(
        "SELECT actor_id, password_hash, role, settings, created_at FROM members WHERE actor_id = ?1",
        args![actor],
    )
}

pub fn by_name(name: &str) -> Query {
    query(
        "SELECT m.actor_id, m.password_hash, m.role, m.settings, m.created_at
         FROM members m JOIN actors a ON a.id = m.actor_id WHERE a.username = ?1 AND a.domain = ''",
        args![name],
    )
}

// `CROSS JOIN`: SQLite is to begin with the members, of whom there are few, not with everybody known.
pub fn all() -> Query {
    query(
        "SELECT m.actor_id, m.password_hash, m.role, m.settings, m.created_at
         FROM members m CROSS JOIN actors a WHERE a.id = m.actor_id AND a.state <> 3 ORDER BY a.username",
        args![],
    )
}

/// The one of the active members with these roles who was here first, by the order of the roles.
pub fn first_of(role: &str, else_role: &str) -> Query {
    query(
        "SELECT m.actor_id, m.password_hash, m.role, m.settings, m.created_at
         FROM members m CROSS JOIN actors a WHERE a.id = m.actor_id AND a.state = 0 AND m.role IN (?1, ?2)
         ORDER BY CASE WHEN m.role = ?1 THEN 0 ELSE 1 END, m.actor_id LIMIT 1",
        args![role, else_role],
    )
}

/// Members, those who were active since the one time and since the other, and their posts.
pub fn counts(since: Time, or_since: Time) -> Query {
    query(
        "SELECT COUNT(*), COUNT(CASE WHEN m.last_active_at >= ?1 THEN 1 END),
                COUNT(CASE WHEN m.last_active_at >= ?2 THEN 1 END), CAST(COALESCE(SUM(a.posts), 0) AS BIGINT)
         FROM members m CROSS JOIN actors a WHERE a.id = m.actor_id AND a.state <> 3",
        args![since, or_since],
    )
}

pub fn sealed_key(actor: Id) -> Query {
    query("SELECT sealed_key FROM members WHERE actor_id = ?1", args![actor])
}

/// (actor_id, sealed_key) of the first member.
pub fn any_sealed_key() -> Query {
    query("SELECT actor_id, sealed_key FROM members ORDER BY actor_id LIMIT 1", args![])
}

pub fn insert(row: &MemberRow, sealed_key: Vec<u8>) -> Change {
    Change::new(
        "INSERT INTO members (actor_id, password_hash, role, settings, sealed_key, created_at, last_active_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        args![row.actor, &row.password_hash, &row.role, &row.settings, sealed_key, row.created_at],
    )
}

pub fn set_password(actor: Id, hash: String) -> Change {
    Change::new("UPDATE members SET password_hash = ?2 WHERE actor_id = ?1", args![actor, hash])
        .or_fail("member")
}

pub fn set_settings(actor: Id, settings: String) -> Change {
    Change::new("UPDATE members SET settings = ?2 WHERE actor_id = ?1", args![actor, settings])
        .or_fail("member")
}

/// (contact_rules, young)
pub fn rules(actor: Id) -> Query {
    query("SELECT contact_rules, young FROM members WHERE actor_id = ?1", args![actor])
}

pub fn set_rules(actor: Id, rules: String) -> Change {
    Change::new("UPDATE members SET contact_rules = ?2 WHERE actor_id = ?1", args![actor, rules])
        .or_fail("member")
}

pub fn set_young(actor: Id, young: bool) -> Change {
    Change::new("UPDATE members SET young = ?2 WHERE actor_id = ?1", args![actor, young]).or_fail("member")
}

pub fn set_role(actor: Id, role: &str) -> Change {
    Change::new("UPDATE members SET role = ?2 WHERE actor_id = ?1", args![actor, role]).or_fail("member")
}

pub fn touch(actor: Id, at: Time) -> Change {
    Change::new("UPDATE members SET last_active_at = ?2 WHERE actor_id = ?1", args![actor, at])
}
