//! `awaited`: what posts name by native id that is not here (yet). Whatever arrives takes its place at once, in whichever
//! order things come.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Network};

/// What the awaited thing is to the post that names it. The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Parent,
    Quote,
    /// The same post elsewhere, as its author says.
    Copy,
}

impl Awaited {
    pub fn key(self) -> &'static str {
        match self {
            Awaited::Parent => "parent",
            Awaited::Quote => "quote",
            Awaited::Copy => "copy",
        }
    }
}

/// The post names that id. To stand with [`super::copies::forbid_post`] where it matters that the thing is not here.
pub fn insert(network: Network, native_id: &str, kind: Awaited, post: Id) -> Change {
    Change::new(
        "INSERT INTO awaited (network, native_id, kind, post_id) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (network, native_id, kind, post_id) DO NOTHING",
        args![network, native_id, kind.key(), post],
    )
}

/// A row when that post names that id so.
pub fn names(network: Network, native_id: &str, kind: Awaited, post: Id) -> Query {
    query(
        "SELECT 1 FROM awaited WHERE network = ?1 AND native_id = ?2 AND kind = ?3 AND post_id = ?4",
        args![network, native_id, kind.key(), post],
    )
}

/// (post_id, domain and name of its author, author_id) of posts that call themselves copies of that id: the first few.
pub fn copies_of(network: Network, native_id: &str) -> Query {
    query(
        "SELECT w.post_id, a.domain, a.username, p.author_id
         FROM awaited w JOIN posts p ON p.id = w.post_id JOIN actors a ON a.id = p.author_id
         WHERE w.network = ?1 AND w.native_id = ?2 AND w.kind = 'copy' ORDER BY w.post_id LIMIT 20",
        args![network, native_id],
    )
}

/// A row when something waits to be joined to that id: [`settle`] does it.
pub fn waiting(network: Network, native_id: &str) -> Query {
    query(WAITING, args![network, native_id])
}

/// Nothing may wait to be joined to that id, in place of [`settle`] when nothing did a moment ago.
pub fn forbid_waiting(network: Network, native_id: &str) -> Change {
    Change::forbid(WAITING, args![network, native_id], "awaited meanwhile")
}

const WAITING: &str =
    "SELECT 1 FROM awaited WHERE network = ?1 AND native_id = ?2 AND kind IN ('parent', 'quote') LIMIT 1";

/// A post that has just been written takes its place: replies and quotes that waited for it are joined to it.
pub fn settle(network: Network, native_id: &str, post: Id) -> [Change; 5] {
    let args = || args![network, native_id, post];
    [
        Change::new(
            "UPDATE posts SET root_id = (SELECT p.root_id FROM posts p WHERE p.id = ?3)
             WHERE root_id IN (SELECT w.post_id FROM awaited w WHERE w.network = ?1 AND w.native_id = ?2 AND w.kind = 'parent')",
            args(),
        ),
        Change::new(
            "UPDATE posts SET reply_to = ?3, reply_to_author = (SELECT p.author_id FROM posts p WHERE p.id = ?3)
             WHERE id IN (SELECT w.post_id FROM awaited w WHERE w.network = ?1 AND w.native_id = ?2 AND w.kind = 'parent')",
            args(),
        ),
        Change::new(
            "UPDATE posts SET replies = replies +
               (SELECT COUNT(*) FROM awaited w WHERE w.network = ?1 AND w.native_id = ?2 AND w.kind = 'parent')
             WHERE id = ?3 AND EXISTS
               (SELECT 1 FROM awaited w WHERE w.network = ?1 AND w.native_id = ?2 AND w.kind = 'parent')",
            args(),
        ),
        Change::new(
            "UPDATE posts SET quote_of = ?3 WHERE quote_of IS NULL AND id IN
               (SELECT w.post_id FROM awaited w WHERE w.network = ?1 AND w.native_id = ?2 AND w.kind = 'quote')",
            args(),
        ),
        Change::new(
            "DELETE FROM awaited WHERE network = ?1 AND native_id = ?2 AND kind IN ('parent', 'quote')
             AND post_id IN (SELECT p.id FROM posts p WHERE p.id <> ?3)",
            args(),
        ),
    ]
}
