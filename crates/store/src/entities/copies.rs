//! `copies`: a thing's identity on a network. The words of `kind` and the numbers of `state` are the hub's.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

/// One row without its original.
#[derive(Clone, Debug)]
pub struct CopyRow {
    /// `None` for a number that this version does not know.
    pub network: Option<Network>,
    pub native_id: String,
    pub kind: String,
    pub object: Id,
    pub actor: Id,
    pub version: Option<String>,
    pub url: Option<String>,
    pub state: i64,
    pub created_at: Time,
}

impl CopyRow {
    pub fn read(row: &mut Row) -> Result<CopyRow, StoreError> {
        Ok(CopyRow {
            network: row.get(0)?,
            native_id: row.get(1)?,
            kind: row.get(2)?,
            object: row.get(3)?,
            actor: row.get(4)?,
            version: row.get(5)?,
            url: row.get(6)?,
            state: row.get(7)?,
            created_at: row.get(8)?,
        })
    }
}

macro_rules! columns {
    () => {
        "network, native_id, kind, object_id, actor_id, version, url, state, created_at"
    };
}

pub fn by_native(network: Network, native_id: &str) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM copies WHERE network = ?1 AND native_id = ?2"),
        args![network, native_id],
    )
}

pub fn of_object(kind: &str, object: Id) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM copies WHERE object_id = ?1 AND kind = ?2 ORDER BY network, created_at"
        ),
        args![object, kind],
    )
}

/// (object_id, network, native_id, url) of living copies of some posts and reposts.
pub fn places(posts: &str) -> Query {
    query(
        "SELECT object_id, network, native_id, url FROM copies
         WHERE object_id IN {ints ?1} AND kind IN ('post', 'repost') AND state = 0 ORDER BY object_id, network",
        args![posts],
    )
}

/// The oldest living copy on one network.
pub fn live_on(kind: &str, object: Id, network: Network) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM copies WHERE object_id = ?1 AND kind = ?2 AND network = ?3 AND state = 0 ORDER BY created_at LIMIT 1"
        ),
        args![object, kind, network],
    )
}

/// (original, object_id, sealed) of a copy whose wire bytes are kept; `sealed` is NULL when it is of no post.
pub fn original(network: Network, native_id: &str) -> Query {
    query(
        "SELECT c.original, c.object_id, p.sealed FROM copies c LEFT JOIN posts p ON p.id = c.object_id
         WHERE c.network = ?1 AND c.native_id = ?2 AND c.original IS NOT NULL",
        args![network, native_id],
    )
}

/// A new identity. `original`: wire bytes, sealed when the post is. Fails when the native id is known already.
pub fn insert(row: &CopyRow, original: Option<Vec<u8>>, kept_until: Option<Time>) -> Change {
    Change::new(
        "INSERT INTO copies (network, native_id, kind, object_id, actor_id, version, url, state, original, created_at, kept_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (network, native_id) DO NOTHING",
        args![
            row.network,
            &row.native_id,
            &row.kind,
            row.object,
            row.actor,
            row.version.clone(),
            row.url.clone(),
            row.state,
            original,
            row.created_at,
            kept_until
        ],
    )
    .or_fail("duplicate")
}

/// Nothing with that native id must be known.
pub fn forbid(network: Network, native_id: &str) -> Change {
    Change::forbid(
        "SELECT 1 FROM copies WHERE network = ?1 AND native_id = ?2",
        args![network, native_id],
        "duplicate",
    )
}

/// No living post with that native id must be here: what we believed missing has arrived meanwhile.
pub fn forbid_post(network: Network, native_id: &str, precondition: &'static str) -> Change {
    Change::forbid(
        "SELECT 1 FROM copies c JOIN posts p ON p.id = c.object_id
         WHERE c.network = ?1 AND c.native_id = ?2 AND c.kind = 'post' AND c.state <> 2",
        args![network, native_id],
        precondition,
    )
}

/// A further name of something that is here already; nothing happens when that name is known.
pub fn insert_if_new(row: &CopyRow, original: Option<Vec<u8>>, kept_until: Option<Time>) -> Change {
    Change { expect: crate::Expect::Any, ..insert(row, original, kept_until) }
}

/// We asked for it: nobody was told of it.
pub fn mark_fetched(network: Network, native_id: &str) -> Change {
    Change::new(
        "UPDATE copies SET fetched = 1 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id],
    )
}

/// A row when it was fetched and has not arrived by itself so far.
pub fn is_fetched(network: Network, native_id: &str) -> Query {
    query(
        "SELECT 1 FROM copies WHERE network = ?1 AND native_id = ?2 AND fetched = 1",
        args![network, native_id],
    )
}

/// Now it has arrived by itself; fails when it had before: only one arrival counts.
pub fn arrive(network: Network, native_id: &str) -> Change {
    has_arrived(network, native_id).or_fail("duplicate")
}

/// It has arrived by itself, now or before.
pub fn has_arrived(network: Network, native_id: &str) -> Change {
    Change::new(
        "UPDATE copies SET fetched = 0 WHERE network = ?1 AND native_id = ?2 AND fetched = 1",
        args![network, native_id],
    )
}

/// (native_id, post id, author, root, 1 when by a member, 1 when a member follows the author) of living posts among some
/// native ids.
pub fn posts_named<T: AsRef<str>>(network: Network, native_ids: &[T]) -> Query {
    query(
        "SELECT c.native_id, p.id, p.author_id, p.root_id, CASE WHEN a.domain = '' THEN 1 ELSE 0 END,
           CASE WHEN EXISTS (SELECT 1 FROM follows f JOIN members m ON m.actor_id = f.follower_id
                             WHERE f.target_id = p.author_id) THEN 1 ELSE 0 END
         FROM copies c JOIN posts p ON p.id = c.object_id JOIN actors a ON a.id = p.author_id
         WHERE c.network = ?1 AND c.native_id IN {texts ?2} AND c.kind = 'post' AND c.state <> 2",
        args![network, super::texts(native_ids)],
    )
}

/// A newer version of the same thing.
pub fn update(network: Network, native_id: &str, version: Option<&str>, original: Option<Vec<u8>>) -> Change {
    Change::new(
        "UPDATE copies SET version = ?3, original = ?4 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id, version, original],
    )
}

/// The same thing goes by another id from now on.
pub fn rename(network: Network, native_id: &str, to: &str, version: &str) -> Change {
    Change::new(
        "UPDATE copies SET native_id = ?3, version = ?4 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id, to, version],
    )
}

pub fn set_state(network: Network, native_id: &str, state: i64) -> Change {
    Change::new(
        "UPDATE copies SET state = ?3 WHERE network = ?1 AND native_id = ?2",
        args![network, native_id, state],
    )
}

/// All copies of a thing become deleted ones: their ids stay, so that deletes reach them; their originals go.
pub fn retire(kind: &str, object: Id, state: i64) -> Change {
    Change::new(
        "UPDATE copies SET state = ?3, original = NULL WHERE object_id = ?1 AND kind = ?2",
        args![object, kind, state],
    )
}

pub fn delete(network: Network, native_id: &str) -> Change {
    Change::new("DELETE FROM copies WHERE network = ?1 AND native_id = ?2", args![network, native_id])
}

pub fn delete_of(kind: &str, object: Id) -> Change {
    Change::new("DELETE FROM copies WHERE object_id = ?1 AND kind = ?2", args![object, kind])
}
