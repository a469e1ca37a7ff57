//! Events of the embedded Nostr relay: statements over `nostr_events`, `nostr_tags`, `nostr_deleted`,
//! `nostr_vanished`.
//!
//! One write holds many events; each is stored or passed over by its own conditions (known already, deleted, vanished,
//! older than what is held), and at its end the write can tell which of them there are.
//!
//! Each write that stores events takes a **turn** first ([`take_turn`]). Turns follow commits on both engines: whoever has
//! read everything up to one ([`turn`], in the same snapshot) has missed none before it.

use crate::{Change, Query, Row, STALE, Sql, StoreError, Value, args, query, sequence};
use landbridge_model::Id;
use std::collections::{HashMap, HashSet};

const TURNS: &str = "nostr";

/// What a moderator shows to nobody for now. Most servers have no such post, which is asked once in a statement.
macro_rules! hidden {
    ($id:literal, $address:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM hidden_posts) AND EXISTS \
             (SELECT 1 FROM copies c JOIN hidden_posts h ON h.post_id = c.object_id \
             WHERE c.network = 2 AND c.kind = 'post' AND c.native_id = COALESCE(",
            $address,
            ", ",
            $id,
            ")))"
        )
    };
}

/// Comes first in a write that stores events.
pub fn take_turn() -> Change {
    sequence::advance(TURNS)
}

/// The last turn that was taken: `value`; no row before the first.
pub fn turn() -> Query {
    query("SELECT value FROM counters WHERE name = 'nostr'", args![])
}

/// The turn in which an event was stored: `turn`; no row for what is shown to nobody.
pub fn turn_of(id: &str) -> Query {
    query(
        concat!("SELECT turn FROM nostr_events e WHERE e.id = ?1 AND NOT ", hidden!("e.id", "e.address")),
        args![id],
    )
}

/// An event on its way in. Texts are lower-case hex where they are ids and keys.
pub struct NewEvent<'a> {
    pub seq: i64,
    pub id: &'a str,
    pub pubkey: &'a str,
    pub kind: i64,
    /// Seconds, as all times here.
    pub created_at: i64,
    /// `kind:pubkey:d`, when only the latest is kept.
    pub address: Option<&'a str>,
    /// Of a gift wrap.
    pub recipient: Option<&'a str>,
    pub expires_at: Option<i64>,
    pub pending: i64,
    pub json: &'a str,
    /// Index keys of its tags: letter and value.
    pub tags: Vec<String>,
}

/// Stores an event unless it is known, deleted, vanished or outdated; of a gift wrap the recipient's word counts as its
/// author's. Comes after [`take_turn`].
pub fn insert(event: NewEvent<'_>) -> Vec<Change> {
    let NewEvent { seq, id, pubkey, kind, created_at, address, recipient, expires_at, pending, json, tags } =
        event;
    let mut changes = Vec::with_capacity(4);
    if let Some(address) = address {
        changes.push(Change::new(UNTAG_OUTDATED, args![address, created_at, id]));
        changes.push(Change::new(DELETE_OUTDATED, args![address, created_at, id]));
    }
    changes.push(Change::new(
        INSERT,
        args![seq, id, pubkey, kind, created_at, address, recipient, expires_at, pending, json],
    ));
    match tags.len() {
        // Most have one or two: no list to take apart.
        0..=2 => {
            changes.extend(tags.into_iter().map(|key| Change::new(INSERT_TAG, args![seq, created_at, key])))
        }
        _ => changes.push(Change::new(INSERT_TAGS, args![seq, created_at, texts(&tags)])),
    }
    changes
}

const UNTAG_OUTDATED: &str = "DELETE FROM nostr_tags WHERE seq IN (SELECT seq FROM nostr_events \
    WHERE address = ?1 AND (created_at < ?2 OR (created_at = ?2 AND id > ?3)))";
const DELETE_OUTDATED: &str =
    "DELETE FROM nostr_events WHERE address = ?1 AND (created_at < ?2 OR (created_at = ?2 AND id > ?3))";
// `OR IGNORE`, and not `ON CONFLICT DO NOTHING`: for a statement that no constraint can end SQLite keeps no copies of the pages
// that it touches.
macro_rules! insert {
    ($insert:literal, $or_nothing:literal) => {
        concat!($insert, " INTO nostr_events \
         (seq, id, pubkey, kind, created_at, address, recipient, expires_at, pending, json, turn) \
         SELECT CAST(?1 AS BIGINT), CAST(?2 AS TEXT), CAST(?3 AS TEXT), CAST(?4 AS BIGINT), CAST(?5 AS BIGINT), \
         CAST(?6 AS TEXT), CAST(?7 AS TEXT), CAST(?8 AS BIGINT), CAST(?9 AS BIGINT), CAST(?10 AS TEXT), \
         COALESCE((SELECT value FROM counters WHERE name = 'nostr'), 0) \
         WHERE NOT EXISTS (SELECT 1 FROM nostr_deleted WHERE target = 'e' || CAST(?2 AS TEXT) \
         AND pubkey IN (CAST(?3 AS TEXT), CAST(?7 AS TEXT))) \
         AND NOT EXISTS (SELECT 1 FROM nostr_deleted WHERE target = 'a' || CAST(?6 AS TEXT) AND pubkey = CAST(?3 AS TEXT) \
         AND until >= CAST(?5 AS BIGINT)) \
         AND NOT EXISTS (SELECT 1 FROM nostr_vanished WHERE pubkey IN (CAST(?3 AS TEXT), CAST(?7 AS TEXT)) \
         AND until >= CAST(?5 AS BIGINT))", $or_nothing)
    };
}
const INSERT: Sql =
    Sql { sqlite: insert!("INSERT OR IGNORE", ""), postgres: insert!("INSERT", " ON CONFLICT DO NOTHING") };
const INSERT_TAG: Sql = Sql {
    sqlite: "INSERT OR IGNORE INTO nostr_tags (seq, key, created_at) SELECT ?1, ?3, ?2 \
        WHERE EXISTS (SELECT 1 FROM nostr_events WHERE seq = ?1)",
    postgres: "INSERT INTO nostr_tags (seq, key, created_at) \
        SELECT CAST(?1 AS BIGINT), CAST(?3 AS TEXT), CAST(?2 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM nostr_events WHERE seq = CAST(?1 AS BIGINT)) ON CONFLICT DO NOTHING",
};
const INSERT_TAGS: Sql = Sql {
    sqlite: "INSERT OR IGNORE INTO nostr_tags (seq, key, created_at) SELECT ?1, value, ?2 FROM {texts ?3} \
        WHERE EXISTS (SELECT 1 FROM nostr_events WHERE seq = ?1)",
    postgres: "INSERT INTO nostr_tags (seq, key, created_at) \
        SELECT CAST(?1 AS BIGINT), t.value, CAST(?2 AS BIGINT) FROM {texts ?3} AS t \
        WHERE EXISTS (SELECT 1 FROM nostr_events WHERE seq = CAST(?1 AS BIGINT)) ON CONFLICT DO NOTHING",
};

/// Which of these are there, each as `seq, turn`: comes last in a write that stores them.
pub fn told(seqs: &[Id]) -> Change {
    Change::new("SELECT seq, turn FROM nostr_events WHERE seq IN {ints ?1}", args![super::ints(seqs)])
}

/// Carries out a deletion request (NIP-09): only what `pubkey` wrote, or gift wraps to them; never other requests.
pub fn delete(pubkey: &str, ids: &[String], addresses: &[String], until: i64) -> Vec<Change> {
    let mut changes = Vec::new();
    if !ids.is_empty() {
        changes.push(Change::new(UNTAG_IDS, args![texts(ids), pubkey]));
        changes.push(Change::new(DELETE_IDS, args![texts(ids), pubkey]));
        let targets: Vec<String> = ids.iter().map(|id| format!("e{id}")).collect();
        changes.push(Change::new(REMEMBER_DELETED, args![texts(&targets), pubkey, until]));
    }
    if !addresses.is_empty() {
        changes.push(Change::new(UNTAG_ADDRESSES, args![texts(addresses), pubkey, until]));
        changes.push(Change::new(DELETE_ADDRESSES, args![texts(addresses), pubkey, until]));
        let targets: Vec<String> = addresses.iter().map(|a| format!("a{a}")).collect();
        changes.push(Change::new(REMEMBER_DELETED, args![texts(&targets), pubkey, until]));
    }
    changes
}

const UNTAG_IDS: &str = "DELETE FROM nostr_tags WHERE seq IN (SELECT seq FROM nostr_events \
    WHERE id IN {texts ?1} AND (pubkey = ?2 OR recipient = ?2) AND kind <> 5)";
const DELETE_IDS: &str =
    "DELETE FROM nostr_events WHERE id IN {texts ?1} AND (pubkey = ?2 OR recipient = ?2) AND kind <> 5";
const UNTAG_ADDRESSES: &str = "DELETE FROM nostr_tags WHERE seq IN (SELECT seq FROM nostr_events \
    WHERE address IN {texts ?1} AND pubkey = ?2 AND created_at <= ?3)";
const DELETE_ADDRESSES: &str =
    "DELETE FROM nostr_events WHERE address IN {texts ?1} AND pubkey = ?2 AND created_at <= ?3";
const REMEMBER_DELETED: Sql = Sql {
    sqlite: "INSERT INTO nostr_deleted (target, pubkey, until) SELECT value, ?2, ?3 FROM {texts ?1} WHERE TRUE \
        ON CONFLICT (target, pubkey) DO UPDATE SET until = max(until, excluded.until)",
    postgres: "INSERT INTO nostr_deleted (target, pubkey, until) \
        SELECT t.value, CAST(?2 AS TEXT), CAST(?3 AS BIGINT) FROM {texts ?1} AS t WHERE TRUE \
        ON CONFLICT (target, pubkey) DO UPDATE SET until = greatest(nostr_deleted.until, excluded.until)",
};

/// Carries out a request to vanish (NIP-62): everything by `pubkey`, and gift wraps to them, up to `until`. The request
/// itself, which stays as proof, is stored before [`vanished_until`].
pub fn vanish(pubkey: &str, until: i64) -> Vec<Change> {
    vec![
        Change::new(UNTAG_VANISHED, args![pubkey, until]),
        Change::new(DELETE_VANISHED, args![pubkey, until]),
    ]
}

/// Remembers a request to vanish: nothing up to `until` comes back.
pub fn vanished_until(pubkey: &str, until: i64) -> Change {
    Change::new(REMEMBER_VANISHED, args![pubkey, until])
}

const UNTAG_VANISHED: &str = "DELETE FROM nostr_tags WHERE seq IN (SELECT seq FROM nostr_events \
    WHERE (pubkey = ?1 OR recipient = ?1) AND created_at <= ?2)";
const DELETE_VANISHED: &str =
    "DELETE FROM nostr_events WHERE (pubkey = ?1 OR recipient = ?1) AND created_at <= ?2";
const REMEMBER_VANISHED: Sql = Sql {
    sqlite: "INSERT INTO nostr_vanished (pubkey, until) VALUES (?1, ?2) \
        ON CONFLICT (pubkey) DO UPDATE SET until = max(until, excluded.until)",
    postgres: "INSERT INTO nostr_vanished (pubkey, until) VALUES (?1, ?2) \
        ON CONFLICT (pubkey) DO UPDATE SET until = greatest(nostr_vanished.until, excluded.until)",
};

/// Removes what has expired (NIP-40).
pub fn sweep(now: i64) -> Vec<Change> {
    vec![
        Change::new(
            "DELETE FROM nostr_tags WHERE seq IN (SELECT seq FROM nostr_events WHERE expires_at <= ?1)",
            args![now],
        ),
        Change::new("DELETE FROM nostr_events WHERE expires_at <= ?1", args![now]),
    ]
}

/// Removes everything by or to a key, and the memory of it.
pub fn erase(pubkey: &str) -> Vec<Change> {
    vec![
        Change::new(UNTAG_VANISHED, args![pubkey, i64::MAX]),
        Change::new(DELETE_VANISHED, args![pubkey, i64::MAX]),
        Change::new("DELETE FROM nostr_deleted WHERE pubkey = ?1", args![pubkey]),
    ]
}

/// What the ingester asks about a batch before it writes.
#[derive(Debug, Default)]
pub struct Asked {
    /// Ids and addresses of the batch, and those that strangers' events name.
    pub ids: Vec<String>,
    pub addresses: Vec<String>,
    /// Keys that may have vanished.
    pub keys: Vec<String>,
    /// Keys that may be those of members.
    pub people: Vec<String>,
    /// Keys that may follow a member.
    pub followers: Vec<String>,
}

/// The queries that answer it: see [`Known`].
pub fn known(asked: &Asked) -> Vec<Query> {
    let Asked { ids, addresses, keys, people, followers } = asked;
    let targets: Vec<String> =
        ids.iter().map(|id| format!("e{id}")).chain(addresses.iter().map(|a| format!("a{a}"))).collect();
    vec![
        query("SELECT id FROM nostr_events WHERE id IN {texts ?1}", args![texts(ids)]),
        query(
            "SELECT address, created_at, id FROM nostr_events WHERE address IN {texts ?1}",
            args![texts(addresses)],
        ),
        query(
            "SELECT target, pubkey, until FROM nostr_deleted WHERE target IN {texts ?1}",
            args![texts(&targets)],
        ),
        query("SELECT pubkey, until FROM nostr_vanished WHERE pubkey IN {texts ?1}", args![texts(keys)]),
        members_among(people),
        query(
            "SELECT p.native_id FROM presences p WHERE p.network = 2 AND p.native_id IN {texts ?1} \
             AND EXISTS (SELECT 1 FROM follows f JOIN members m ON m.actor_id = f.target_id \
             WHERE f.follower_id = p.actor_id)",
            args![texts(followers)],
        ),
    ]
}

/// Events that the hub has not heard of yet, oldest first: `seq, pending, json`.
pub fn pending(limit: i64) -> Query {
    query("SELECT seq, pending, json FROM nostr_events WHERE pending > 0 ORDER BY seq LIMIT ?1", args![limit])
}

/// The hub has heard of them.
pub fn heard(seqs: &[i64]) -> Change {
    Change::new(
        "UPDATE nostr_events SET pending = 0 WHERE seq IN {ints ?1} AND pending > 0",
        args![ints(seqs)],
    )
}

/// The same of gift wraps, which are shown from then on unless they are held: their turn is this one. Comes after
/// [`take_turn`]; returns `seq, turn, 1 when it is held` of each.
pub fn opened(seqs: &[i64]) -> Change {
    Change::new(OPENED, args![ints(seqs)])
}

/// A wrap has to wait until more strangers may be looked at: see [`look_again`].
pub fn put_off(id: &str) -> Change {
    Change::new("UPDATE nostr_events SET pending = -1 WHERE id = ?1 AND pending > 0", args![id])
}

/// The oldest of what was put off waits for the hub again.
pub fn look_again(most: i64) -> Change {
    Change::new(
        "UPDATE nostr_events SET pending = 1 WHERE seq IN
           (SELECT e.seq FROM nostr_events e WHERE e.pending < 0 ORDER BY e.seq LIMIT ?1)",
        args![most],
    )
}

/// The stored events with these ids: `json`.
pub fn by_ids(ids: &[String]) -> Query {
    query("SELECT json FROM nostr_events WHERE id IN {texts ?1}", args![texts(ids)])
}

/// The held version of a replaceable or addressable event: `json`.
pub fn by_address(address: &str) -> Query {
    query("SELECT json FROM nostr_events WHERE address = ?1", args![address])
}

/// No version but the one with that id (empty: none at all) may be held of an address: the next one builds on it.
pub fn forbid_others(address: &str, id: &str) -> Change {
    Change::forbid("SELECT 1 FROM nostr_events WHERE address = ?1 AND id <> ?2", args![address, id], STALE)
}

/// Conditions of a request, all of which must hold; `None` is no condition.
#[derive(Default)]
pub struct Wanted {
    pub ids: Option<Vec<String>>,
    pub authors: Option<Vec<String>>,
    pub kinds: Option<Vec<i64>>,
    /// Index keys: one list per tag name, any of its keys. At most three lists are looked at.
    pub tags: Vec<Vec<String>>,
    pub since: i64,
    pub until: i64,
    /// Whose gift wraps may be read.
    pub readers: Vec<String>,
    /// Seconds: what expires by then is not shown.
    pub now: i64,
    pub limit: i64,
}

/// Up to this many values of the driving condition are read one by one, each in its index's order.
const ONE_BY_ONE: usize = 16;

/// The queries whose answers, merged (newest first, equal times by id) and cut to the limit, are the events wanted:
/// `json, created_at, id, pubkey`.
pub fn select(wanted: &Wanted) -> Vec<Query> {
    let singly = |text, drivers: Vec<Value>, arguments: Vec<Value>| {
        let one = |driver| query(text, arguments.iter().cloned().chain([driver]).collect::<Vec<Value>>());
        drivers.into_iter().map(one).collect::<Vec<Query>>()
    };
    let few = |n: usize| n <= ONE_BY_ONE;
    let mut arguments = arguments(wanted);
    let mut free = |n: usize| {
        if let Some(argument) = arguments.get_mut(n) {
            *argument = Value::Null;
        }
        std::mem::take(&mut arguments)
    };
    match wanted {
        Wanted { ids: Some(_), .. } => vec![query(SELECT_IDS, arguments)],
        Wanted { tags, .. } if let Some(keys) = tags.first() => {
            if few(keys.len()) {
                singly(SELECT_TAG, keys.iter().map(Value::from).collect(), free(3))
            } else {
                vec![query(SELECT_TAGS, arguments)]
            }
        }
        Wanted { authors: Some(authors), .. } => {
            if few(authors.len()) {
                singly(SELECT_AUTHOR, authors.iter().map(Value::from).collect(), free(1))
            } else {
                vec![query(SELECT_AUTHORS, arguments)]
            }
        }
        Wanted { kinds: Some(kinds), .. } if few(kinds.len()) => {
            singly(SELECT_KIND, kinds.iter().map(|k| Value::Int(*k)).collect(), free(2))
        }
        _ => vec![query(SELECT_ALL, arguments)],
    }
}

/// How many there are, at most `limit`: `count`.
pub fn count(wanted: &Wanted) -> Query {
    let text = match wanted {
        Wanted { ids: Some(_), .. } => COUNT_IDS,
        Wanted { tags, .. } if !tags.is_empty() => COUNT_TAGS,
        Wanted { authors: Some(_), .. } => COUNT_AUTHORS,
        _ => COUNT_ALL,
    };
    query(text, arguments(wanted))
}

/// The eleven arguments that every statement takes; those of one value have a twelfth.
fn arguments(wanted: &Wanted) -> Vec<Value> {
    let list = |l: &Option<Vec<String>>| l.as_deref().map(texts);
    let tags = |n: usize| wanted.tags.get(n).map(|keys| texts(keys));
    args![
        list(&wanted.ids),
        list(&wanted.authors),
        wanted.kinds.as_deref().map(ints),
        tags(0),
        tags(1),
        tags(2),
        wanted.since,
        wanted.until,
        texts(&wanted.readers),
        wanted.now,
        wanted.limit
    ]
}

/// What is in a gift wrap waits at its recipient's gate, or was turned away there: they hold no key to it here, though others
/// to whom it was sent may.
macro_rules! held {
    ($id:literal, $recipient:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM nostr_wraps w WHERE w.id = ",
            $id,
            " AND NOT EXISTS (SELECT 1 FROM presences r JOIN post_keys k ON k.member_id = r.actor_id \
             WHERE r.network = 2 AND r.native_id = ",
            $recipient,
            " AND k.post_id = CASE WHEN w.post_id <> 0 THEN w.post_id ELSE \
             (SELECT c.object_id FROM copies c WHERE c.network = 2 AND c.native_id = w.rumor) END))"
        )
    };
}

const OPENED: &str = concat!(
    "UPDATE nostr_events SET pending = 0, turn = COALESCE((SELECT value FROM counters WHERE name = 'nostr'), 0) ",
    "WHERE seq IN {ints ?1} AND pending > 0 RETURNING seq, turn, CASE WHEN ",
    held!("nostr_events.id", "nostr_events.recipient"),
    " THEN 1 ELSE 0 END"
);

/// The conditions that every statement repeats, behind the one that drives it.
macro_rules! wanted {
    ($head:literal, $from:literal, $drive:literal, $tail:literal) => {
        concat!(
            $head, " FROM ", $from, " WHERE ", $drive,
            " AND (CAST(?1 AS TEXT) IS NULL OR e.id IN {texts ?1})",
            " AND (CAST(?2 AS TEXT) IS NULL OR e.pubkey IN {texts ?2})",
            " AND (CAST(?3 AS TEXT) IS NULL OR e.kind IN {ints ?3})",
            " AND (CAST(?4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM nostr_tags a WHERE a.seq = e.seq AND a.key IN {texts ?4}))",
            " AND (CAST(?5 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM nostr_tags b WHERE b.seq = e.seq AND b.key IN {texts ?5}))",
            " AND (CAST(?6 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM nostr_tags c WHERE c.seq = e.seq AND c.key IN {texts ?6}))",
            " AND e.created_at >= ?7 AND e.created_at <= ?8",
            " AND (e.recipient IS NULL OR (e.recipient IN {texts ?9} AND e.pending = 0 AND NOT ", held!("e.id", "e.recipient"), "))",
            " AND (e.expires_at IS NULL OR e.expires_at > ?10)",
            " AND NOT ", hidden!("e.id", "e.address"),
            $tail
        )
    };
    (select $from:literal, $drive:literal) => {
        wanted!("SELECT e.json, e.created_at, e.id, e.pubkey", $from, $drive, " ORDER BY e.created_at DESC, e.id LIMIT ?11")
    };
    (count $from:literal, $drive:literal) => {
        wanted!("SELECT count(*) FROM (SELECT e.seq", $from, $drive, " LIMIT ?11) AS found")
    };
}

const SELECT_IDS: &str = wanted!(select "nostr_events e", "e.id IN {texts ?1}");
const COUNT_IDS: &str = wanted!(count "nostr_events e", "e.id IN {texts ?1}");
const SELECT_TAG: &str = wanted!(
    "SELECT e.json, e.created_at, e.id, e.pubkey",
    "nostr_tags t JOIN nostr_events e ON e.seq = t.seq",
    "t.key = ?12 AND t.created_at >= ?7 AND t.created_at <= ?8",
    " ORDER BY t.created_at DESC, e.id LIMIT ?11"
);
const SELECT_TAGS: &str = wanted!(select "nostr_events e", "e.seq IN (SELECT t.seq FROM nostr_tags t \
    WHERE t.key IN {texts ?4} AND t.created_at >= ?7 AND t.created_at <= ?8)");
const COUNT_TAGS: &str = wanted!(count "nostr_events e", "e.seq IN (SELECT t.seq FROM nostr_tags t \
    WHERE t.key IN {texts ?4} AND t.created_at >= ?7 AND t.created_at <= ?8)");
const SELECT_AUTHOR: &str = wanted!(select "nostr_events e", "e.pubkey = ?12");
const SELECT_AUTHORS: &str = wanted!(select "nostr_events e", "e.pubkey IN {texts ?2}");
const COUNT_AUTHORS: &str = wanted!(count "nostr_events e", "e.pubkey IN {texts ?2}");
const SELECT_KIND: &str = wanted!(select "nostr_events e", "e.kind = ?12");
const SELECT_ALL: &str = wanted!(select "nostr_events e", "e.created_at >= 0");
const COUNT_ALL: &str = wanted!(count "nostr_events e", "e.created_at >= 0");

/// Members' keys on Nostr: `native_id, actor_id`.
pub fn members() -> Query {
    query(
        "SELECT p.native_id, p.actor_id FROM presences p JOIN members m ON m.actor_id = p.actor_id \
         WHERE p.network = 2 AND p.state = 0",
        args![],
    )
}

/// Those of some keys that are members': `native_id, actor_id`.
pub fn members_among(keys: &[String]) -> Query {
    query(
        "SELECT p.native_id, p.actor_id FROM presences p JOIN members m ON m.actor_id = p.actor_id \
         WHERE p.network = 2 AND p.native_id IN {texts ?1} AND p.state = 0",
        args![texts(keys)],
    )
}

/// The answers of [`known`].
#[derive(Debug, Default)]
pub struct Known {
    /// Ids of events that are held.
    pub held: HashSet<String>,
    /// By address: created_at and id of held replaceable events.
    pub latest: HashMap<String, (i64, String)>,
    /// By target: authors and times of deletions.
    pub deleted: HashMap<String, Vec<(String, i64)>>,
    /// By key: up to when.
    pub vanished: HashMap<String, i64>,
    /// Keys and actors of members.
    pub members: Vec<(String, i64)>,
    /// Keys that follow a member.
    pub followers: HashSet<String>,
}

impl Known {
    pub fn read(answers: Vec<Vec<Row>>) -> Result<Known, StoreError> {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let mut known = Known::default();
        for mut row in next() {
            known.held.insert(row.get(0)?);
        }
        for mut row in next() {
            known.latest.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
        }
        for mut row in next() {
            known.deleted.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
        }
        for mut row in next() {
            known.vanished.insert(row.get(0)?, row.get(1)?);
        }
        for mut row in next() {
            known.members.push((row.get(0)?, row.get(1)?));
        }
        for mut row in next() {
            known.followers.insert(row.get(0)?);
        }
        Ok(known)
    }
}

fn texts(list: &[String]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".into())
}

fn ints(list: &[i64]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".into())
}
