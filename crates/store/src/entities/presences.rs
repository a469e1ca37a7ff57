//! `presences`: an actor's identities on the networks. The native id is permanent; everything else may change.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Presence, PresenceState};

/// The columns that [`read`] reads, of the table by the alias `p`.
macro_rules! columns {
    () => {
        "p.actor_id, p.network, p.native_id, p.state, p.facts, p.since"
    };
}

/// Reads one presence; a network that this version does not know is refused.
pub fn read(row: &mut Row) -> Result<Presence, StoreError> {
    let network =
        row.get::<Option<Network>>(1)?.ok_or(StoreError::Refused("an identity on an unknown network"))?;
    Ok(Presence {
        actor: row.get(0)?,
        network,
        native_id: row.get(2)?,
        state: PresenceState::from_i64(row.get(3)?),
        facts: serde_json::from_str(&row.get::<String>(4)?).unwrap_or_default(),
        since: row.get(5)?,
    })
}

pub fn by_native(network: Network, native_id: &str) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM presences p WHERE p.network = ?1 AND p.native_id = ?2"),
        args![network, native_id],
    )
}

/// (native_id, actor id, username, domain, url) of living identities among some native ids.
pub fn people<T: AsRef<str>>(network: Network, native_ids: &[T]) -> Query {
    query(
        "SELECT p.native_id, a.id, a.username, a.domain, a.url FROM presences p JOIN actors a ON a.id = p.actor_id
         WHERE p.network = ?1 AND p.native_id IN {texts ?2} AND p.state = 0 AND a.state IN (0, 4)",
        args![network, super::texts(native_ids)],
    )
}

pub fn of_actor(actor: Id) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM presences p WHERE p.actor_id = ?1 ORDER BY p.network"),
        args![actor],
    )
}

/// Of many actors, on one network.
pub fn of_actors_on<'a>(actors: impl IntoIterator<Item = &'a Id>, network: Network) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM presences p WHERE p.actor_id IN {ints ?1} AND p.network = ?2"),
        args![super::ints(actors), network],
    )
}

/// Of everyone with an accepted follow of that actor.
pub fn of_followers(target: Id, network: Network) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM follows f JOIN presences p ON p.actor_id = f.follower_id
              WHERE f.target_id = ?1 AND f.state = 1 AND p.network = ?2 AND p.state = 0"
        ),
        args![target, network],
    )
}

/// Of everyone whom that actor follows.
pub fn of_followed(follower: Id, network: Network) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM follows f JOIN presences p ON p.actor_id = f.target_id
              WHERE f.follower_id = ?1 AND f.state = 1 AND p.network = ?2 AND p.state = 0"
        ),
        args![follower, network],
    )
}

/// Of everybody elsewhere whom any member follows.
pub fn followed_by_members(network: Network) -> Query {
    query(
        concat!(
            "SELECT DISTINCT ",
            columns!(),
            " FROM members m JOIN follows f ON f.follower_id = m.actor_id JOIN actors a ON a.id = f.target_id
              JOIN presences p ON p.actor_id = f.target_id
              WHERE f.state = 1 AND a.domain <> '' AND p.network = ?1 AND p.state = 0"
        ),
        args![network],
    )
}

/// Of everybody elsewhere who follows any member by that network.
pub fn followers_of_members(network: Network) -> Query {
    query(
        concat!(
            "SELECT DISTINCT ",
            columns!(),
            " FROM members m JOIN follows f ON f.target_id = m.actor_id JOIN actors a ON a.id = f.follower_id
              JOIN presences p ON p.actor_id = f.follower_id
              WHERE a.domain <> '' AND f.source = ?1 AND p.network = ?1 AND p.state = 0"
        ),
        args![network],
    )
}

/// Native ids of the members whom an actor follows, or has asked to, by that network.
pub fn members_followed_by(follower: Id, network: Network) -> Query {
    query(
        "SELECT p.native_id FROM follows f JOIN members m ON m.actor_id = f.target_id
         JOIN presences p ON p.actor_id = f.target_id WHERE f.follower_id = ?1 AND f.source = ?2 AND p.network = ?2",
        args![follower, network],
    )
}

/// A new identity; fails when the native id is taken.
pub fn insert(presence: &Presence) -> Change {
    Change::new(
        "INSERT INTO presences (network, native_id, actor_id, state, facts, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (network, native_id) DO NOTHING",
        args![
            presence.network,
            &presence.native_id,
            presence.actor,
            presence.state as i64,
            presence.facts.to_string(),
            presence.since
        ],
    )
    .or_fail("identity taken")
}

pub fn set_facts(network: Network, native_id: &str, facts: &serde_json::Value) -> Change {
    Change::new(
        "UPDATE presences SET facts = ?3 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id, facts.to_string()],
    )
}

pub fn set_state(network: Network, native_id: &str, state: PresenceState) -> Change {
    Change::new(
        "UPDATE presences SET state = ?3 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id, state as i64],
    )
}

/// Two were proved to be one: the identity moves to the other actor.
pub fn reassign(network: Network, native_id: &str, actor: Id) -> Change {
    Change::new(
        "UPDATE presences SET actor_id = ?3 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id, actor],
    )
}
