//! `atproto_invites`, `atproto_invite_uses`: invitations that the operator made by AT Protocol, and who came by them.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct InviteRow {
    pub id: Id,
    /// A DID, or `admin`.
    pub account: String,
    /// How often it worked when it was made.
    pub uses: i64,
    pub disabled: bool,
    pub created_at: Time,
}

impl InviteRow {
    pub fn read(row: &mut Row) -> Result<InviteRow, StoreError> {
        Ok(InviteRow {
            id: row.get(0)?,
            account: row.get(1)?,
            uses: row.get(2)?,
            disabled: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

pub fn insert(invite: &InviteRow) -> Change {
    Change::new(
        "INSERT INTO atproto_invites (id, account, uses, disabled, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        args![invite.id, &invite.account, invite.uses, invite.disabled, invite.created_at],
    )
}

/// A page of all, the newest first, before an id.
pub fn list(before: Id, limit: i64) -> Query {
    query(
        "SELECT id, account, uses, disabled, created_at FROM atproto_invites WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        args![before, limit],
    )
}

/// Those of an account, the newest first.
pub fn of_account(account: &str, limit: i64) -> Query {
    query(
        "SELECT id, account, uses, disabled, created_at FROM atproto_invites WHERE account = ?1
         ORDER BY id DESC LIMIT ?2",
        args![account, limit],
    )
}

pub fn disable(id: Id) -> Change {
    Change::new("UPDATE atproto_invites SET disabled = 1 WHERE id = ?1", args![id])
}

/// Somebody has come by it.
pub fn used(id: Id, did: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_invite_uses (invite_id, did, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (invite_id, did) DO NOTHING",
        args![id, did, at],
    )
}

/// Nothing of a member is left here: neither the invitations that were made for them, nor that they came by one.
pub fn erase(did: &str) -> Vec<Change> {
    [
        "DELETE FROM atproto_invite_uses WHERE did = ?1",
        "DELETE FROM atproto_invite_uses WHERE invite_id IN (SELECT id FROM atproto_invites WHERE account = ?1)",
        "DELETE FROM atproto_invites WHERE account = ?1",
    ]
    .map(|sql| Change::new(sql, args![did]))
    .into()
}

/// (did, at) of who came by it.
pub fn uses(id: Id) -> Query {
    query("SELECT did, at FROM atproto_invite_uses WHERE invite_id = ?1 ORDER BY did", args![id])
}
