//! `payloads`: bytes to deliver, once for all their destinations.

use crate::{Change, args};
use landbridge_model::{Id, Network, Time};

pub fn insert(
    id: Id,
    network: Network,
    actor: Id,
    object: Id,
    sealed: bool,
    bytes: Vec<u8>,
    at: Time,
) -> Change {
    Change::new(
        "INSERT INTO payloads (id, network, actor_id, object_id, sealed, bytes, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        args![id, network, actor, object, sealed, bytes, at],
    )
}

/// Payloads that nothing waits for any more.
pub fn sweep(before: Time) -> Change {
    Change::new(
        "DELETE FROM payloads WHERE at < ?1
         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.payload_id = payloads.id AND d.state = 0)",
        args![before],
    )
}
