//! `nostr_unsigned`: events that wait for a member's own signer; `nostr_sessions`: apps that sign through us (NIP-46).

use super::texts;
use crate::{Change, Query, Row, StoreError, args, query};

/// An event that waits.
#[derive(Clone, Debug)]
pub struct Unsigned {
    /// The id that it will have.
    pub id: String,
    pub actor: i64,
    pub object: i64,
    /// JSON.
    pub template: String,
    /// JSON array of relay URLs.
    pub relays: String,
    pub act: String,
    /// Milliseconds.
    pub at: i64,
    pub tries: i64,
}

pub fn insert(it: Unsigned) -> Change {
    Change::new(
        "INSERT INTO nostr_unsigned (id, actor_id, object_id, template, destinations, act, at, tries, next_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7) ON CONFLICT (id) DO NOTHING",
        args![it.id, it.actor, it.object, it.template, it.relays, it.act, it.at, it.tries],
    )
}

/// Members for whom something is due: `actor_id`.
pub fn due_members(now: i64, limit: i64) -> Query {
    query(
        "SELECT actor_id FROM nostr_unsigned WHERE next_at <= ?1 GROUP BY actor_id ORDER BY MIN(next_at) LIMIT ?2",
        args![now, limit],
    )
}

/// What is due of one member: posts and deletions first, then the oldest.
pub fn due(actor: i64, now: i64, limit: i64) -> Query {
    query(
        "SELECT id, actor_id, object_id, template, destinations, act, at, tries FROM nostr_unsigned \
         WHERE actor_id = ?1 AND next_at <= ?2 \
         ORDER BY CASE WHEN act IN ('post', 'delete', 'leave') THEN 0 ELSE 1 END, at LIMIT ?3",
        args![actor, now, limit],
    )
}

/// The newest events that wait of what one member did by some words: `template`.
pub fn newest(actor: i64, acts: &[&str], limit: i64) -> Query {
    query(
        "SELECT template FROM nostr_unsigned WHERE actor_id = ?1 AND act IN {texts ?2} ORDER BY at DESC LIMIT ?3",
        args![actor, texts(acts), limit],
    )
}

pub fn read(row: &mut Row) -> Result<Unsigned, StoreError> {
    Ok(Unsigned {
        id: row.get(0)?,
        actor: row.get(1)?,
        object: row.get(2)?,
        template: row.get(3)?,
        relays: row.get(4)?,
        act: row.get(5)?,
        at: row.get(6)?,
        tries: row.get(7)?,
    })
}

pub fn later(id: &str, next_at: i64) -> Change {
    Change::new("UPDATE nostr_unsigned SET tries = tries + 1, next_at = ?2 WHERE id = ?1", args![id, next_at])
}

/// Nothing more of that member is asked for before that time.
pub fn postpone(actor: i64, next_at: i64) -> Change {
    Change::new(
        "UPDATE nostr_unsigned SET next_at = ?2 WHERE actor_id = ?1 AND next_at < ?2",
        args![actor, next_at],
    )
}

/// The copy that waited will never be signed.
pub fn drop_copy(native_id: &str) -> Change {
    Change::new("DELETE FROM copies WHERE network = 2 AND native_id = ?1 AND state = 1", args![native_id])
}

/// It is signed: fails when it was deleted meanwhile.
pub fn done(id: &str) -> Change {
    Change::new("DELETE FROM nostr_unsigned WHERE id = ?1", args![id]).or_fail("unsigned")
}

pub fn forget(id: &str) -> Change {
    Change::new("DELETE FROM nostr_unsigned WHERE id = ?1", args![id])
}

pub fn forget_object(object: i64) -> Change {
    Change::new("DELETE FROM nostr_unsigned WHERE object_id = ?1", args![object])
}

pub fn forget_actor(actor: i64) -> Change {
    Change::new("DELETE FROM nostr_unsigned WHERE actor_id = ?1", args![actor])
}

/// Puts the signature's bytes into the waiting copy, which lives from now on.
pub fn revive_copy(native_id: &str, original: &[u8]) -> Change {
    Change::new(
        "UPDATE copies SET original = ?2, state = 0 WHERE network = 2 AND native_id = ?1 AND state = 1",
        args![native_id, original],
    )
}

/// Remembers that an app's key stands for a grant.
pub fn open_session(client: &str, member: i64, grant: i64, at: i64) -> Change {
    Change::new(
        "INSERT INTO nostr_sessions (client, member_id, grant_id, at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (client) DO UPDATE SET member_id = excluded.member_id, grant_id = excluded.grant_id, at = excluded.at",
        args![client, member, grant, at],
    )
}

/// `member_id, grant_id` of an app's key whose grant has not ended.
pub fn session(client: &str, now: i64) -> Query {
    query(
        "SELECT s.member_id, s.grant_id FROM nostr_sessions s JOIN grants g ON g.id = s.grant_id \
         WHERE s.client = ?1 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ?2)",
        args![client, now],
    )
}

/// Keys of all apps whose grants have not ended, the newest first, so many at most: `client`.
pub fn open_sessions(now: i64, most: i64) -> Query {
    query(
        "SELECT s.client FROM nostr_sessions s CROSS JOIN grants g \
         WHERE g.id = s.grant_id AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ?1) \
         ORDER BY s.at DESC LIMIT ?2",
        args![now, most],
    )
}

pub fn close_session(client: &str) -> Change {
    Change::new("DELETE FROM nostr_sessions WHERE client = ?1", args![client])
}

pub fn close_sessions(member: i64) -> Change {
    Change::new("DELETE FROM nostr_sessions WHERE member_id = ?1", args![member])
}
