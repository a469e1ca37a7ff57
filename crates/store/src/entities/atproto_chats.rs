//! `atproto_chats`, `atproto_convos`, `atproto_sending`: members' private messages at AT Protocol's chat service.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

/// (cursor) of a member's log; no row: it was never asked for.
pub fn cursor(actor: Id) -> Query {
    query("SELECT cursor FROM atproto_chats WHERE actor_id = ?1", args![actor])
}

pub fn put_cursor(actor: Id, cursor: &str) -> Change {
    Change::new(
        "INSERT INTO atproto_chats (actor_id, cursor) VALUES (?1, ?2)
         ON CONFLICT (actor_id) DO UPDATE SET cursor = excluded.cursor",
        args![actor, cursor],
    )
}

/// A conversation as the service has told a member of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvoRow {
    pub convo: String,
    /// JSON array of DIDs in order, without the member.
    pub people: String,
    /// `request` or `accepted`.
    pub status: String,
}

impl ConvoRow {
    pub fn read(row: &mut Row) -> Result<ConvoRow, StoreError> {
        Ok(ConvoRow { convo: row.get(0)?, people: row.get(1)?, status: row.get(2)? })
    }
}

pub fn convo(actor: Id, convo: &str) -> Query {
    query(
        "SELECT convo, people, status FROM atproto_convos WHERE actor_id = ?1 AND convo = ?2",
        args![actor, convo],
    )
}

/// Conversations of a member with exactly these people.
pub fn convos_with(actor: Id, people: &str) -> Query {
    query(
        "SELECT convo, people, status FROM atproto_convos WHERE actor_id = ?1 AND people = ?2 ORDER BY convo",
        args![actor, people],
    )
}

/// Conversations that a member has not let in, there.
pub fn requests(actor: Id, limit: i64) -> Query {
    query(
        "SELECT convo, people, status FROM atproto_convos WHERE actor_id = ?1 AND status = 'request'
         ORDER BY convo LIMIT ?2",
        args![actor, limit],
    )
}

pub fn put_convo(actor: Id, row: &ConvoRow) -> Change {
    Change::new(
        "INSERT INTO atproto_convos (actor_id, convo, people, status) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (actor_id, convo) DO UPDATE SET people = excluded.people, status = excluded.status",
        args![actor, &row.convo, &row.people, &row.status],
    )
}

pub fn forget_convo(actor: Id, convo: &str) -> Change {
    Change::new("DELETE FROM atproto_convos WHERE actor_id = ?1 AND convo = ?2", args![actor, convo])
}

/// (convo, at) of a message that is on its way.
pub fn sending(post: Id) -> Query {
    query("SELECT convo, at FROM atproto_sending WHERE post_id = ?1", args![post])
}

/// (post) of messages of a member that are on their way into a conversation and have that text, the oldest first.
pub fn sending_like(actor: Id, convo: &str, digest: Vec<u8>) -> Query {
    query(
        "SELECT post_id FROM atproto_sending WHERE actor_id = ?1 AND convo = ?2 AND digest = ?3 ORDER BY post_id",
        args![actor, convo, digest],
    )
}

/// Before a message is handed to the service. The time of the first try stays.
pub fn begin_sending(post: Id, actor: Id, convo: &str, digest: Vec<u8>, at: Time) -> Change {
    Change::new(
        "INSERT INTO atproto_sending (post_id, actor_id, convo, digest, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (post_id) DO UPDATE SET convo = excluded.convo",
        args![post, actor, convo, digest, at],
    )
}

pub fn end_sending(post: Id) -> Change {
    Change::new("DELETE FROM atproto_sending WHERE post_id = ?1", args![post])
}

/// The service has given a message its id. Whoever comes second changes nothing, and no id is given twice.
pub fn name_message(network: Network, provisional: &str, native_id: &str) -> Change {
    Change::new(
        "UPDATE copies SET native_id = ?3 WHERE network = ?1 AND native_id = ?2
           AND NOT EXISTS (SELECT 1 FROM copies o WHERE o.network = ?1 AND o.native_id = ?3)",
        args![network, provisional, native_id],
    )
}

/// All of a member.
pub fn erase(actor: Id) -> [Change; 3] {
    [
        Change::new("DELETE FROM atproto_chats WHERE actor_id = ?1", args![actor]),
        Change::new("DELETE FROM atproto_convos WHERE actor_id = ?1", args![actor]),
        Change::new("DELETE FROM atproto_sending WHERE actor_id = ?1", args![actor]),
    ]
}
