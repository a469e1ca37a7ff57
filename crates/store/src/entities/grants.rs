//! `grants` and `grant_uses`: every access token, and its use.

use super::push;
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct GrantRow {
    pub id: Id,
    pub member: Option<Id>,
    pub app: Option<Id>,
    pub purpose: String,
    pub name: String,
    pub scopes: String,
    /// JSON.
    pub facts: String,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
    pub expires_at: Option<Time>,
}

impl GrantRow {
    pub fn read(row: &mut Row) -> Result<GrantRow, StoreError> {
        Ok(GrantRow {
            id: row.get(0)?,
            member: row.get(1)?,
            app: row.get(2)?,
            purpose: row.get(3)?,
            name: row.get(4)?,
            scopes: row.get(5)?,
            facts: row.get(6)?,
            created_at: row.get(7)?,
            last_used_at: row.get(8)?,
            expires_at: row.get(9)?,
        })
    }
}

/// The grant of a token, unless it has ended.
pub fn by_token(token_hash: Vec<u8>, now: Time) -> Query {
    query(
        "SELECT id, member_id, app_id, purpose, name, scopes, facts, created_at, last_used_at, expires_at FROM grants
         WHERE token_hash = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)",
        args![token_hash, now],
    )
}

pub fn of_member(member: Id, now: Time) -> Query {
    query(
        "SELECT id, member_id, app_id, purpose, name, scopes, facts, created_at, last_used_at, expires_at FROM grants
         WHERE member_id = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2) ORDER BY id DESC",
        args![member, now],
    )
}

/// A member's grant, also when it has ended.
pub fn by_id(id: Id, member: Id) -> Query {
    query(
        "SELECT id, member_id, app_id, purpose, name, scopes, facts, created_at, last_used_at, expires_at FROM grants
         WHERE id = ?1 AND member_id = ?2",
        args![id, member],
    )
}

pub fn insert(grant: &GrantRow, token_hash: Vec<u8>) -> Change {
    Change::new(
        "INSERT INTO grants (id, token_hash, member_id, app_id, purpose, name, scopes, facts, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        args![
            grant.id,
            token_hash,
            grant.member,
            grant.app,
            &grant.purpose,
            &grant.name,
            &grant.scopes,
            &grant.facts,
            grant.created_at,
            grant.expires_at
        ],
    )
}

/// (facts) of all grants for a purpose that were not ended.
pub fn facts_for(purpose: &str) -> Query {
    query("SELECT facts FROM grants WHERE purpose = ?1 AND revoked_at IS NULL", args![purpose])
}

pub fn touch(id: Id, at: Time) -> Change {
    Change::new("UPDATE grants SET last_used_at = ?2 WHERE id = ?1", args![id, at])
}

/// Ends a grant, and what hangs on it.
pub fn revoke(id: Id, member: Id, at: Time) -> [Change; 2] {
    let revoke = Change::new(
        "UPDATE grants SET revoked_at = ?3 WHERE id = ?1 AND member_id = ?2 AND revoked_at IS NULL",
        args![id, member, at],
    );
    [revoke.or_fail("grant"), push::delete_of_grant(id)]
}

/// The same by its token. RETURNING (member_id).
pub fn revoke_token(token_hash: Vec<u8>, at: Time) -> [Change; 2] {
    let revoke = Change::new(
        "UPDATE grants SET revoked_at = ?2 WHERE token_hash = ?1 AND revoked_at IS NULL RETURNING member_id",
        args![token_hash.clone(), at],
    );
    [revoke, push::delete_of_token(token_hash)]
}

/// The same for all of a member's.
pub fn revoke_all(member: Id, at: Time) -> [Change; 2] {
    let revoke = Change::new(
        "UPDATE grants SET revoked_at = ?2 WHERE member_id = ?1 AND revoked_at IS NULL",
        args![member, at],
    );
    [revoke, push::delete_of_member(member)]
}

/// Counts uses of a grant for one thing within one hour.
pub fn count_uses(grant: Id, hour: Time, what: &str, uses: i64, last_at: Time) -> Change {
    Change::new(
        "INSERT INTO grant_uses (grant_id, hour, what, uses, last_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (grant_id, hour, what) DO UPDATE SET uses = grant_uses.uses + excluded.uses,
           last_at = CASE WHEN excluded.last_at > grant_uses.last_at THEN excluded.last_at ELSE grant_uses.last_at END",
        args![grant, hour, what, uses, last_at],
    )
}

/// (hour, what, uses, last_at) of a grant, the newest hour first and in it what was last.
pub fn uses(grant: Id, limit: i64) -> Query {
    query(
        "SELECT hour, what, uses, last_at FROM grant_uses WHERE grant_id = ?1
         ORDER BY hour DESC, last_at DESC, what LIMIT ?2",
        args![grant, limit],
    )
}

/// Forgets uses in hours before that.
pub fn sweep_uses(before: Time) -> Change {
    Change::new("DELETE FROM grant_uses WHERE hour < ?1", args![before])
}
