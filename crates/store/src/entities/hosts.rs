//! `hosts`: what is known of other servers and relays; the circuit breaker.

use crate::{Change, Query, args, query};
use landbridge_model::{Network, Time};

/// (failures, closed_until, facts)
pub fn one(network: Network, host: &str) -> Query {
    query(
        "SELECT failures, closed_until, facts FROM hosts WHERE network = ?1 AND host = ?2",
        args![network, host],
    )
}

pub fn ok(network: Network, host: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO hosts (network, host, failures, closed_until, last_ok_at) VALUES (?1, ?2, 0, 0, ?3)
         ON CONFLICT (network, host) DO UPDATE SET failures = 0, closed_until = 0, last_ok_at = excluded.last_ok_at",
        args![network, host, at],
    )
}

/// RETURNING the number of failures in a row.
pub fn failed(network: Network, host: &str) -> Change {
    Change::new(
        "INSERT INTO hosts (network, host, failures) VALUES (?1, ?2, 1)
         ON CONFLICT (network, host) DO UPDATE SET failures = hosts.failures + 1 RETURNING failures",
        args![network, host],
    )
}

pub fn close(network: Network, host: &str, until: Time) -> Change {
    Change::new(
        "UPDATE hosts SET closed_until = ?3 WHERE network = ?1 AND host = ?2",
        args![network, host, until],
    )
}

/// Hosts that are left alone (one, or `''`: all) are tried again.
pub fn open(host: &str) -> Change {
    Change::new(
        "UPDATE hosts SET closed_until = 0 WHERE (?1 = '' OR host = ?1) AND closed_until <> 0",
        args![host],
    )
}

pub fn set_facts(network: Network, host: &str, facts: String) -> Change {
    Change::new(
        "INSERT INTO hosts (network, host, facts) VALUES (?1, ?2, ?3)
         ON CONFLICT (network, host) DO UPDATE SET facts = excluded.facts",
        args![network, host, facts],
    )
}
