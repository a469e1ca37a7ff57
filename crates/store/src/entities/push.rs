//! `push_subscriptions`: where apps want to hear of notifications, one a grant. The words of alerts and policies are the
//! hub's. What belongs to a grant that has ended is not found, and goes with the next sweep at the latest.

use crate::{Change, Query, Row, StoreError, args, query, sequence};
use landbridge_model::{Id, Time};

pub struct PushRow {
    pub id: Id,
    pub grant: Id,
    pub member: Id,
    /// Sealed.
    pub place: Vec<u8>,
    pub alerts: String,
    pub policy: String,
    /// Of the grant.
    pub scopes: String,
}

macro_rules! living {
    () => {
        "SELECT p.id, p.grant_id, p.member_id, p.place, p.alerts, p.policy, g.scopes
         FROM push_subscriptions p JOIN grants g ON g.id = p.grant_id
         WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ?2) AND "
    };
}

impl PushRow {
    pub fn read(row: &mut Row) -> Result<PushRow, StoreError> {
        Ok(PushRow {
            id: row.get(0)?,
            grant: row.get(1)?,
            member: row.get(2)?,
            place: row.get(3)?,
            alerts: row.get(4)?,
            policy: row.get(5)?,
            scopes: row.get(6)?,
        })
    }
}

pub fn by_id(id: Id, now: Time) -> Query {
    query(concat!(living!(), "p.id = ?1"), args![id, now])
}

pub fn of_grant(grant: Id, now: Time) -> Query {
    query(concat!(living!(), "p.grant_id = ?1"), args![grant, now])
}

pub fn of_member(member: Id, now: Time) -> Query {
    query(concat!(living!(), "p.member_id = ?1 ORDER BY p.id"), args![member, now])
}

/// Puts one in place of the grant's last. Fails with `grant` when that has ended, or is no member's.
pub fn replace(grant: Id, place: Vec<u8>, alerts: &str, policy: &str) -> Vec<Change> {
    let insert = Change::new(
        "INSERT INTO push_subscriptions (id, grant_id, member_id, place, alerts, policy)
         SELECT c.value, g.id, g.member_id, ?2, ?3, ?4 FROM counters c CROSS JOIN grants g
         WHERE c.name = 'push' AND g.id = ?1 AND g.member_id IS NOT NULL AND g.revoked_at IS NULL",
        args![grant, place, alerts, policy],
    );
    vec![delete_of_grant(grant), sequence::advance("push"), insert.or_fail("grant")]
}

/// Fails with `subscription` when there is none.
pub fn set_wants(grant: Id, alerts: &str, policy: &str) -> Change {
    Change::new(
        "UPDATE push_subscriptions SET alerts = ?2, policy = ?3 WHERE grant_id = ?1",
        args![grant, alerts, policy],
    )
    .or_fail("subscription")
}

pub fn delete(id: Id) -> Change {
    Change::new("DELETE FROM push_subscriptions WHERE id = ?1", args![id])
}

pub fn delete_of_grant(grant: Id) -> Change {
    Change::new("DELETE FROM push_subscriptions WHERE grant_id = ?1", args![grant])
}

pub fn delete_of_token(token_hash: Vec<u8>) -> Change {
    Change::new(
        "DELETE FROM push_subscriptions WHERE grant_id IN (SELECT g.id FROM grants g WHERE g.token_hash = ?1)",
        args![token_hash],
    )
}

pub fn delete_of_member(member: Id) -> Change {
    Change::new("DELETE FROM push_subscriptions WHERE member_id = ?1", args![member])
}

/// Those of grants that have run out.
pub fn sweep(now: Time) -> Change {
    Change::new(
        "DELETE FROM push_subscriptions WHERE NOT EXISTS (SELECT 1 FROM grants g WHERE g.id = push_subscriptions.grant_id
           AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ?1))",
        args![now],
    )
}
