//! `fetchers`: servers that fetched a post signed, so that a delete reaches them too.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Network};

/// (destination)
pub fn of_post(post: Id, network: Network) -> Query {
    query(
        "SELECT destination FROM fetchers WHERE post_id = ?1 AND network = ?2 ORDER BY destination",
        args![post, network],
    )
}

/// A row when it is known.
pub fn one(post: Id, network: Network, destination: &str) -> Query {
    query(
        "SELECT 1 FROM fetchers WHERE post_id = ?1 AND network = ?2 AND destination = ?3",
        args![post, network, destination],
    )
}

pub fn insert(post: Id, network: Network, destination: &str) -> Change {
    Change::new(
        "INSERT INTO fetchers (post_id, network, destination) VALUES (?1, ?2, ?3)
         ON CONFLICT (post_id, network, destination) DO NOTHING",
        args![post, network, destination],
    )
}
