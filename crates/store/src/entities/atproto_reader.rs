//! `atproto_seen`: how far other people's repositories were read, and which of them must be asked for what was missed.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

/// How far a repository was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRow {
    pub did: String,
    /// Empty: nothing of it was taken in.
    pub rev: String,
    /// CID as bytes.
    pub data: Option<Vec<u8>>,
    /// Something was missed.
    pub behind: bool,
    pub tries: u32,
}

impl SeenRow {
    pub fn read(row: &mut Row) -> Result<SeenRow, StoreError> {
        Ok(SeenRow {
            did: row.get(0)?,
            rev: row.get(1)?,
            data: row.get(2)?,
            behind: row.get::<i64>(3)? != 0,
            tries: row.get::<i64>(4)?.try_into().unwrap_or(u32::MAX),
        })
    }
}

pub fn one(did: &str) -> Query {
    query("SELECT did, rev, data, behind, tries FROM atproto_seen WHERE did = ?1", args![did])
}

/// A page of all DIDs, in order.
pub fn dids(after: &str, limit: i64) -> Query {
    query(
        "SELECT did FROM atproto_seen WHERE did > ?1 AND behind = 0 ORDER BY did LIMIT ?2",
        args![after, limit],
    )
}

/// Those that must be asked for what was missed, now.
pub fn due(now: Time, limit: i64) -> Query {
    query(
        "SELECT did, rev, data, behind, tries FROM atproto_seen WHERE behind > 0 AND behind <= ?1
         ORDER BY behind LIMIT ?2",
        args![now, limit],
    )
}

/// Everything up to that commit was taken in. Of two readers the one that is further counts.
pub fn put(did: &str, rev: &str, data: &[u8]) -> Change {
    Change::new(
        "INSERT INTO atproto_seen (did, rev, data) VALUES (?1, ?2, ?3)
         ON CONFLICT (did) DO UPDATE SET rev = excluded.rev, data = excluded.data, behind = 0, tries = 0
         WHERE excluded.rev >= atproto_seen.rev",
        args![did, rev, data],
    )
}

/// Something after that commit was missed. When it is known already, the time at which it is asked for stays.
pub fn missed(did: &str, rev: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_seen (did, rev, behind) VALUES (?1, ?2, ?3)
         ON CONFLICT (did) DO UPDATE SET behind = excluded.behind WHERE atproto_seen.behind = 0",
        args![did, rev, at],
    )
}

/// All may have missed something.
pub fn missed_all(at: Time) -> Change {
    Change::new("UPDATE atproto_seen SET behind = ?1 WHERE behind = 0", args![at])
}

/// It could not be asked; again then.
pub fn put_off(did: &str, until: Time) -> Change {
    Change::new("UPDATE atproto_seen SET behind = ?2, tries = tries + 1 WHERE did = ?1", args![did, until])
}

pub fn forget(did: &str) -> Change {
    Change::new("DELETE FROM atproto_seen WHERE did = ?1", args![did])
}

/// (native id) of what somebody did on a network and is here, the newest first.
pub fn acts_of(actor: Id, network: Network, limit: i64) -> Query {
    query(
        "SELECT native_id FROM copies WHERE actor_id = ?1 AND network = ?2 AND state = 0
         ORDER BY created_at DESC LIMIT ?3",
        args![actor, network, limit],
    )
}

/// (native id) of a page of all who are known on a network, in order.
pub fn people(network: Network, after: &str, limit: i64) -> Query {
    query(
        "SELECT native_id FROM presences WHERE network = ?1 AND native_id > ?2 ORDER BY native_id LIMIT ?3",
        args![network, after, limit],
    )
}

/// (native id, actor id) of the members on a network.
pub fn members(network: Network) -> Query {
    query(
        "SELECT p.native_id, p.actor_id FROM presences p JOIN members m ON m.actor_id = p.actor_id
         WHERE p.network = ?1",
        args![network],
    )
}
