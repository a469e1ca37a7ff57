//! `deliveries`: the outbox and the record of where things went.

use crate::{Change, Query, Row, Sql, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

/// A claimed row with its payload.
#[derive(Clone, Debug)]
pub struct DueRow {
    pub id: Id,
    pub network: Option<Network>,
    pub destination: String,
    pub host: String,
    pub act: String,
    pub actor: Id,
    pub object: Id,
    pub attempts: i64,
    pub created_at: Time,
    pub payload: Id,
    pub sealed: bool,
    pub bytes: Vec<u8>,
    /// Failures of the host in a row, before this.
    pub failures: i64,
}

impl DueRow {
    pub fn read(row: &mut Row) -> Result<DueRow, StoreError> {
        Ok(DueRow {
            id: row.get(0)?,
            network: row.get(1)?,
            destination: row.get(2)?,
            host: row.get(3)?,
            act: row.get(4)?,
            actor: row.get(5)?,
            object: row.get(6)?,
            attempts: row.get(7)?,
            created_at: row.get(8)?,
            payload: row.get(9)?,
            sealed: row.get(10)?,
            bytes: row.get(11)?,
            failures: row.get(12)?,
        })
    }
}

/// Where to: the URL, and the host that shares limits and back-off.
pub struct Destination<'a> {
    pub url: &'a str,
    pub host: &'a str,
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub fn insert(
    id: Id,
    payload: Id,
    network: Network,
    to: Destination<'_>,
    act: &str,
    actor: Id,
    object: Id,
    at: Time,
) -> Change {
    Change::new(
        "INSERT INTO deliveries
           (id, payload_id, network, destination, host, act, actor_id, object_id, state, next_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?9)",
        args![id, payload, network, to.url, to.host, act, actor, object, at],
    )
}

/// Ids and hosts of what is due, oldest first, skipping hosts whose circuit is open. What is about the same thing goes
/// to the same place in order: an edit never overtakes its post.
pub fn due(now: Time, limit: i64) -> Query {
    query(
        "SELECT d.id, d.network, d.host FROM deliveries d
         LEFT JOIN hosts h ON h.network = d.network AND h.host = d.host
         WHERE d.state = 0 AND d.next_at <= ?1 AND (h.closed_until IS NULL OR h.closed_until <= ?1)
           AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.object_id = d.object_id AND e.id < d.id
                           AND e.state = 0 AND e.destination = d.destination)
         ORDER BY d.next_at, d.id LIMIT ?2",
        args![now, limit],
    )
}

/// When the next thing falls due that is not due now: a waiting row, or a host that was left alone for a while.
pub fn next_due(now: Time) -> Query {
    query(
        "SELECT MIN(n.at) FROM (SELECT MIN(next_at) AS at FROM deliveries WHERE state = 0 AND next_at > ?1
                                UNION ALL SELECT MIN(closed_until) FROM hosts WHERE closed_until > 0 AND closed_until > ?1) n",
        args![now],
    )
}

/// What waits for a host waits at least until then.
pub fn put_off(network: Network, host: &str, until: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET next_at = ?3 WHERE host = ?2 AND network = ?1 AND state = 0 AND next_at < ?3",
        args![network, host, until],
    )
}

/// Claims rows until `until`: whoever else looks does not see them before that. RETURNING the claimed ids.
pub fn claim(ids_json: String, now: Time, until: Time) -> Change {
    Change::new(
        Sql {
            sqlite: "UPDATE deliveries SET next_at = ?3 WHERE id IN {ints ?1} AND state = 0 AND next_at <= ?2 RETURNING id",
            postgres: "UPDATE deliveries SET next_at = ?3 WHERE id IN
                         (SELECT id FROM deliveries WHERE id IN {ints ?1} AND state = 0 AND next_at <= ?2 FOR UPDATE SKIP LOCKED)
                       RETURNING id",
        },
        args![ids_json, now, until],
    )
}

/// Claimed rows with their payloads.
pub fn load(ids_json: String) -> Query {
    query(
        "SELECT d.id, d.network, d.destination, d.host, d.act, d.actor_id, d.object_id, d.attempts, d.created_at,
                p.id, p.sealed, p.bytes, COALESCE(h.failures, 0)
         FROM deliveries d JOIN payloads p ON p.id = d.payload_id
         LEFT JOIN hosts h ON h.network = d.network AND h.host = d.host WHERE d.id IN {ints ?1} ORDER BY d.id",
        args![ids_json],
    )
}

pub fn finish(id: Id, state: i64, answer: &str, at: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET state = ?2, answer = ?3, finished_at = ?4, attempts = attempts + 1 WHERE id = ?1 AND state = 0",
        args![id, state, answer, at],
    )
}

pub fn later(id: Id, next_at: Time, why: &str) -> Change {
    Change::new(
        "UPDATE deliveries SET next_at = ?2, answer = ?3, attempts = attempts + 1 WHERE id = ?1 AND state = 0",
        args![id, next_at, why],
    )
}

/// Puts a claimed row back without counting a try.
pub fn unclaim(id: Id, next_at: Time) -> Change {
    Change::new("UPDATE deliveries SET next_at = ?2 WHERE id = ?1 AND state = 0", args![id, next_at])
}

/// What of these acts on an object has not been sent yet need not be sent any more: it was deleted.
pub fn drop_waiting(object: Id, network: Network, at: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET state = 6, answer = 'deleted before it was sent', finished_at = ?3
         WHERE object_id = ?1 AND network = ?2 AND state = 0 AND attempts = 0 AND act IN ('post', 'edit', 'own copy')",
        args![object, network, at],
    )
}

/// (id, network, destination, host, act, state, attempts, next_at, answer, created_at, finished_at) of an actor's
/// deliveries about a thing, newest first.
pub fn of_object(object: Id, actor: Id) -> Query {
    query(
        "SELECT id, network, destination, host, act, state, attempts, next_at, answer, created_at, finished_at
         FROM deliveries WHERE object_id = ?1 AND actor_id = ?2 ORDER BY id DESC LIMIT 5000",
        args![object, actor],
    )
}

/// (destination, host) of where a thing was ever sent to. What was refused, given up or dropped without a single try
/// never left.
pub fn sent_to(object: Id, network: Network) -> Query {
    query(
        "SELECT DISTINCT destination, host FROM deliveries
         WHERE object_id = ?1 AND network = ?2 AND (state IN (1, 4) OR attempts > 0) ORDER BY destination",
        args![object, network],
    )
}

/// (destination) of where an actor has ever sent something to.
pub fn destinations_of(actor: Id, network: Network) -> Query {
    query(
        "SELECT DISTINCT destination FROM deliveries WHERE actor_id = ?1 AND network = ?2",
        args![actor, network],
    )
}

/// What was delivered of an act on an object was not wanted there after all.
pub fn decline(object: Id, network: Network, why: &str, at: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET state = 2, answer = ?3, finished_at = ?4
         WHERE object_id = ?1 AND network = ?2 AND state IN (0, 1) AND act IN ('post', 'repost', 'reaction')",
        args![object, network, why, at],
    )
}

/// (state, count, oldest) of the whole outbox, for the operator.
pub fn summary() -> Query {
    query("SELECT state, COUNT(*), MIN(created_at) FROM deliveries GROUP BY state ORDER BY state", args![])
}

/// Waiting or failed rows for the operator, of one host (`''`: all): (id, network, destination, act, state, attempts,
/// next_at, answer).
pub fn troubled(host: &str, limit: i64) -> Query {
    query(
        "SELECT id, network, destination, act, state, attempts, next_at, answer FROM deliveries
         WHERE (?1 = '' OR host = ?1) AND ((state = 0 AND attempts > 0) OR state IN (2, 5)) ORDER BY id DESC LIMIT ?2",
        args![host, limit],
    )
}

/// (network, host, waiting, failed, closed_until) of the hosts with trouble, most first. `closed_until`: left alone
/// until then.
pub fn troubled_hosts(limit: i64) -> Query {
    query(
        "SELECT d.network, d.host, COUNT(CASE WHEN d.state = 0 THEN 1 END), COUNT(CASE WHEN d.state <> 0 THEN 1 END),
                MAX(COALESCE(h.closed_until, 0))
         FROM deliveries d LEFT JOIN hosts h ON h.network = d.network AND h.host = d.host
         WHERE (d.state = 0 AND d.attempts > 0) OR d.state IN (2, 5)
         GROUP BY d.network, d.host ORDER BY COUNT(*) DESC, d.host LIMIT ?1",
        args![limit],
    )
}

/// Gives up what has waited since before that.
pub fn give_up(before: Time, now: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET state = 5, finished_at = ?2 WHERE state = 0 AND created_at < ?1 AND next_at <= ?2",
        args![before, now],
    )
}

/// Due again at once, for one host (`''`: all): what waits after a failure, or failed and has its bytes still.
/// RETURNING a row for each.
pub fn retry(host: &str, now: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET state = 0, next_at = ?2, finished_at = NULL
         WHERE (?1 = '' OR host = ?1) AND ((state = 0 AND attempts > 0) OR state IN (2, 5))
           AND EXISTS (SELECT 1 FROM payloads p WHERE p.id = deliveries.payload_id) RETURNING id",
        args![host, now],
    )
}

/// Gives up what waits for a host. RETURNING a row for each.
pub fn drop_host(host: &str, now: Time) -> Change {
    Change::new(
        "UPDATE deliveries SET state = 6, answer = 'dropped by the operator', finished_at = ?2
         WHERE host = ?1 AND state = 0 RETURNING id",
        args![host, now],
    )
}

/// Finished rows older than that: the record is kept as long as the post is fresh in memory.
pub fn sweep(before: Time) -> Change {
    Change::new(
        "DELETE FROM deliveries WHERE state <> 0 AND finished_at < ?1
         AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.id = deliveries.object_id)",
        args![before],
    )
}

/// (actor_id) of deleted members of whom nothing is waiting to be delivered, or only since before that.
pub fn leavers_done(before: Time) -> Query {
    query(
        "SELECT m.actor_id FROM members m JOIN actors a ON a.id = m.actor_id
         WHERE a.state = 3 AND NOT EXISTS
           (SELECT 1 FROM deliveries d WHERE d.actor_id = m.actor_id AND d.state = 0 AND d.created_at >= ?1)",
        args![before],
    )
}
