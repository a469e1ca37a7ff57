//! `atproto_sessions`, `atproto_app_passwords`, `atproto_proofs`, `atproto_handles`: how members' apps are signed in on AT
//! Protocol, and by which names members of domains of their own are found.

use crate::{Change, Query, Row, STALE, StoreError, args, query};
use landbridge_model::{Id, Time};

/// One sign-in of an app.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub id: Id,
    pub actor: Id,
    /// Ends with it.
    pub grant: Id,
    pub kind: String,
    /// JSON.
    pub facts: String,
    /// SHA-256 of what renews it.
    pub refresh: Vec<u8>,
    /// The same of the one before.
    pub before: Option<Vec<u8>>,
    pub rotated_at: Time,
    /// When it can be renewed no longer.
    pub expires_at: Time,
}

impl SessionRow {
    pub fn read(row: &mut Row) -> Result<SessionRow, StoreError> {
        Ok(SessionRow {
            id: row.get(0)?,
            actor: row.get(1)?,
            grant: row.get(2)?,
            kind: row.get(3)?,
            facts: row.get(4)?,
            refresh: row.get(5)?,
            before: row.get(6)?,
            rotated_at: row.get(7)?,
            expires_at: row.get(8)?,
        })
    }
}

/// A session whose grant stands.
pub fn session(id: Id, now: Time) -> Query {
    query(
        "SELECT s.id, s.actor_id, s.grant_id, s.kind, s.facts, s.refresh, s.refresh_before, s.rotated_at, s.expires_at
         FROM atproto_sessions s JOIN grants g ON g.id = s.grant_id
         WHERE s.id = ?1 AND s.expires_at > ?2 AND g.revoked_at IS NULL
           AND (g.expires_at IS NULL OR g.expires_at > ?2)",
        args![id, now],
    )
}

pub fn insert_session(session: &SessionRow) -> Change {
    Change::new(
        "INSERT INTO atproto_sessions
           (id, actor_id, grant_id, kind, facts, refresh, refresh_before, rotated_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        args![
            session.id,
            session.actor,
            session.grant,
            &session.kind,
            &session.facts,
            session.refresh.clone(),
            session.before.clone(),
            session.rotated_at,
            session.expires_at
        ],
    )
}

/// What renews it is used up, and another takes its place; fails when that has happened already.
pub fn rotate(id: Id, used: &[u8], next: &[u8], facts: &str, at: Time, expires_at: Time) -> Change {
    Change::new(
        "UPDATE atproto_sessions SET refresh = ?3, refresh_before = ?2, facts = ?4, rotated_at = ?5, expires_at = ?6
         WHERE id = ?1 AND refresh = ?2",
        args![id, used, next, facts, at, expires_at],
    )
    .or_fail(STALE)
}

pub fn end_session(id: Id) -> Change {
    Change::new("DELETE FROM atproto_sessions WHERE id = ?1", args![id])
}

/// (id, actor_id, grant_id, kind) of sessions that can be renewed no longer.
pub fn expired(now: Time, limit: i64) -> Query {
    query(
        "SELECT id, actor_id, grant_id, kind FROM atproto_sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
        args![now, limit],
    )
}

/// A password for one app.
#[derive(Clone, Debug)]
pub struct AppPasswordRow {
    pub grant: Id,
    pub actor: Id,
    pub name: String,
    pub privileged: bool,
    pub created_at: Time,
}

impl AppPasswordRow {
    pub fn read(row: &mut Row) -> Result<AppPasswordRow, StoreError> {
        Ok(AppPasswordRow {
            grant: row.get(0)?,
            actor: row.get(1)?,
            name: row.get(2)?,
            privileged: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

pub fn insert_app_password(password: &AppPasswordRow, hash: &[u8]) -> Change {
    Change::new(
        "INSERT INTO atproto_app_passwords (grant_id, actor_id, hash, name, privileged, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        args![password.grant, password.actor, hash, &password.name, password.privileged, password.created_at],
    )
}

/// The password with that hash, while its grant stands.
pub fn app_password(actor: Id, hash: &[u8]) -> Query {
    query(
        "SELECT p.grant_id, p.actor_id, p.name, p.privileged, p.created_at
         FROM atproto_app_passwords p JOIN grants g ON g.id = p.grant_id
         WHERE p.actor_id = ?1 AND p.hash = ?2 AND g.revoked_at IS NULL",
        args![actor, hash],
    )
}

/// Those of a member whose grants stand, the oldest first.
pub fn app_passwords(actor: Id) -> Query {
    query(
        "SELECT p.grant_id, p.actor_id, p.name, p.privileged, p.created_at
         FROM atproto_app_passwords p JOIN grants g ON g.id = p.grant_id
         WHERE p.actor_id = ?1 AND g.revoked_at IS NULL ORDER BY p.grant_id",
        args![actor],
    )
}

pub fn delete_app_password(grant: Id) -> Change {
    Change::new("DELETE FROM atproto_app_passwords WHERE grant_id = ?1", args![grant])
}

/// The precondition that fails for a proof that was shown before.
pub const PROOF_USED: &str = "proof";

/// A proof of a key is used up; fails with [`PROOF_USED`]. `expires_at`: when it would be refused anyway.
pub fn use_proof(hash: &[u8], expires_at: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_proofs (hash, expires_at) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
        args![hash, expires_at],
    )
    .or_fail(PROOF_USED)
}

pub fn sweep_proofs(now: Time) -> Change {
    Change::new("DELETE FROM atproto_proofs WHERE expires_at < ?1", args![now])
}

/// (actor_id) of the member with a handle on a domain of their own.
pub fn by_handle(handle: &str) -> Query {
    query("SELECT actor_id FROM atproto_handles WHERE handle = ?1", args![handle])
}

/// Fails when it is another member's.
pub fn take_handle(handle: &str, actor: Id) -> Change {
    Change::new(
        "INSERT INTO atproto_handles (handle, actor_id) VALUES (?1, ?2)
         ON CONFLICT (handle) DO UPDATE SET actor_id = excluded.actor_id WHERE atproto_handles.actor_id = ?2",
        args![handle, actor],
    )
    .or_fail("handle")
}

/// Those of a member, but for one.
pub fn drop_handles(actor: Id, but: &str) -> Change {
    Change::new("DELETE FROM atproto_handles WHERE actor_id = ?1 AND handle <> ?2", args![actor, but])
}

/// Everything of somebody who is erased.
pub fn erase(actor: Id) -> Vec<Change> {
    [
        "DELETE FROM atproto_sessions WHERE actor_id = ?1",
        "DELETE FROM atproto_app_passwords WHERE actor_id = ?1",
        "DELETE FROM atproto_handles WHERE actor_id = ?1",
    ]
    .map(|sql| Change::new(sql, args![actor]))
    .into()
}
