//! `keys`: network keys held for members (and for the server: actor 0), sealed.

use super::source;
use crate::{Change, Query, args, query};
use landbridge_model::{Id, Network, Time};

/// (public, sealed). `network`: `None` for what belongs to none of them.
pub fn one(actor: Id, network: impl Into<Option<Network>>, kind: &str) -> Query {
    query(
        "SELECT public, sealed FROM keys WHERE actor_id = ?1 AND network = ?2 AND kind = ?3",
        args![actor, source(network.into()), kind],
    )
}

/// Replaces a key of that kind.
pub fn put(actor: Id, network: Network, kind: &str, public: &str, sealed: Vec<u8>, at: Time) -> Change {
    Change::new(
        "INSERT INTO keys (actor_id, network, kind, public, sealed, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (actor_id, network, kind)
         DO UPDATE SET public = excluded.public, sealed = excluded.sealed, created_at = excluded.created_at",
        args![actor, network, kind, public, sealed, at],
    )
}

/// Keeps the first: for keys made on demand by several processes at once.
pub fn put_first(
    actor: Id,
    network: impl Into<Option<Network>>,
    kind: &str,
    public: &str,
    sealed: Vec<u8>,
    at: Time,
) -> Change {
    Change::new(
        "INSERT INTO keys (actor_id, network, kind, public, sealed, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (actor_id, network, kind) DO NOTHING",
        args![actor, source(network.into()), kind, public, sealed, at],
    )
}

pub fn delete(actor: Id, network: Network, kind: &str) -> Change {
    Change::new(
        "DELETE FROM keys WHERE actor_id = ?1 AND network = ?2 AND kind = ?3",
        args![actor, network, kind],
    )
}
