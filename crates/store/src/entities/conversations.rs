//! `conversations`, `conversation_posts`: each member's private conversations, one row a member.

use super::{Window, source};
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network};

/// One row.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    pub id: Id,
    pub network: Option<Network>,
    /// JSON array of actor ids.
    pub people: String,
    /// Key of a [`landbridge_model::Secrecy`].
    pub secrecy: String,
    pub last_post: Id,
    pub unread: i64,
}

macro_rules! columns {
    () => {
        "c.id, c.network, c.people, c.secrecy, c.last_post, c.unread"
    };
}

impl ConversationRow {
    pub fn read(row: &mut Row) -> Result<ConversationRow, StoreError> {
        Ok(ConversationRow {
            id: row.get(0)?,
            network: row.get(1)?,
            people: row.get(2)?,
            secrecy: row.get(3)?,
            last_post: row.get(4)?,
            unread: row.get(5)?,
        })
    }
}

/// A message that is new to a member.
pub struct NewMessage<'a> {
    /// For the conversation, if it is new.
    pub id: Id,
    pub member: Id,
    pub key: &'a [u8],
    pub network: Option<Network>,
    pub people: &'a str,
    pub secrecy: &'a str,
    pub post: Id,
    /// The member wrote it, and has read everything before.
    pub own: bool,
}

/// Puts a message into the member's conversation, which is made if it is not there.
pub fn put(new: &NewMessage<'_>) -> [Change; 2] {
    let NewMessage { id, member, key, network, people, secrecy, post, own } = *new;
    [
        Change::new(
            "INSERT INTO conversations (id, member_id, key, network, people, secrecy, last_post, unread)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?8 = 1 THEN 0 ELSE 1 END)
             ON CONFLICT (member_id, key) DO UPDATE SET
               last_post = CASE WHEN excluded.last_post > conversations.last_post
                                THEN excluded.last_post ELSE conversations.last_post END,
               unread = CASE WHEN ?8 = 1 THEN 0 ELSE conversations.unread + 1 END",
            args![id, member, key.to_vec(), source(network), people, secrecy, post, own],
        ),
        Change::new(
            "INSERT INTO conversation_posts (conversation_id, post_id)
             SELECT id, ?3 FROM conversations WHERE member_id = ?1 AND key = ?2
             ON CONFLICT (conversation_id, post_id) DO NOTHING",
            args![member, key.to_vec(), post],
        ),
    ]
}

/// A page of a member's conversations, by their last messages.
pub fn page(member: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        concat!(
            "SELECT ",
            columns!(),
            " FROM conversations c WHERE c.member_id = ?1 AND c.last_post < ?2 AND c.last_post > ?3 ORDER BY c.last_post"
        )
    );
    window.query(sql, member)
}

pub fn one(member: Id, id: Id) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM conversations c WHERE c.id = ?1 AND c.member_id = ?2"),
        args![id, member],
    )
}

pub fn by_key(member: Id, key: &[u8]) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM conversations c WHERE c.member_id = ?1 AND c.key = ?2"),
        args![member, key.to_vec()],
    )
}

/// The member's conversation that a message stands in.
pub fn of_post(member: Id, post: Id) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM conversation_posts p JOIN conversations c ON c.id = p.conversation_id
              WHERE p.post_id = ?2 AND c.member_id = ?1"
        ),
        args![member, post],
    )
}

/// (post, conversation) for those of some posts that stand in a conversation of the member.
pub fn of_posts<'a>(member: Id, posts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT p.post_id, p.conversation_id FROM conversation_posts p JOIN conversations c ON c.id = p.conversation_id
         WHERE p.post_id IN {ints ?2} AND c.member_id = ?1",
        args![member, super::ints(posts)],
    )
}

/// (post, post) of the messages of a conversation.
pub fn messages(conversation: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT post_id, post_id FROM conversation_posts
         WHERE conversation_id = ?1 AND post_id < ?2 AND post_id > ?3 ORDER BY post_id"
    );
    window.query(sql, conversation)
}

/// (post) of messages of a conversation, oldest first.
pub fn some_messages(conversation: Id, limit: i64) -> Query {
    query(
        "SELECT post_id FROM conversation_posts WHERE conversation_id = ?1 ORDER BY post_id LIMIT ?2",
        args![conversation, limit],
    )
}

/// (post, member) of all messages here, by post: to find which ones a journal means.
pub fn all_messages(after: Id, most: i64) -> Query {
    query(
        "SELECT p.post_id, c.member_id FROM conversation_posts p JOIN conversations c ON c.id = p.conversation_id
         WHERE p.post_id > ?1 ORDER BY p.post_id LIMIT ?2",
        args![after, most],
    )
}

/// (count) of a member's conversations that have something new.
pub fn unread(member: Id) -> Query {
    query("SELECT COUNT(*) FROM conversations WHERE member_id = ?1 AND unread > 0", args![member])
}

/// Fails when the member has no such conversation.
pub fn mark_read(member: Id, id: Id) -> Change {
    Change::new("UPDATE conversations SET unread = 0 WHERE id = ?1 AND member_id = ?2", args![id, member])
        .or_fail("conversation")
}

/// The member agrees to a label.
pub fn agree(member: Id, key: &[u8], secrecy: &str) -> Change {
    Change::new(
        "UPDATE conversations SET secrecy = ?3 WHERE member_id = ?1 AND key = ?2",
        args![member, key.to_vec(), secrecy],
    )
}

/// Takes one message away from one member: out of the conversation, with the key that opens it and the address that
/// makes it readable.
pub fn take_away(member: Id, post: Id) -> Vec<Change> {
    const EACH: &[&str] = &[
        "DELETE FROM conversation_posts WHERE post_id = ?2
         AND conversation_id IN (SELECT c.id FROM conversations c WHERE c.member_id = ?1)",
        "DELETE FROM post_keys WHERE post_id = ?2 AND member_id = ?1",
        "DELETE FROM mentions WHERE post_id = ?2 AND actor_id = ?1",
        "DELETE FROM notifications WHERE post_id = ?2 AND member_id = ?1",
    ];
    EACH.iter().map(|sql| Change::new(*sql, args![member, post])).collect()
}

/// A message was taken away from a member that others still have: the conversation ends with what is left, or goes.
pub fn without_last(member: Id, post: Id) -> [Change; 2] {
    [
        Change::new(
            "DELETE FROM conversations WHERE member_id = ?1 AND last_post = ?2 AND NOT EXISTS
               (SELECT 1 FROM conversation_posts p WHERE p.conversation_id = conversations.id)",
            args![member, post],
        ),
        Change::new(
            "UPDATE conversations SET last_post = (SELECT MAX(p.post_id) FROM conversation_posts p
               WHERE p.conversation_id = conversations.id) WHERE member_id = ?1 AND last_post = ?2",
            args![member, post],
        ),
    ]
}

/// (member) of everybody here in one of whose conversations a message stands.
pub fn holders(post: Id) -> Query {
    query(
        "SELECT c.member_id FROM conversation_posts p JOIN conversations c ON c.id = p.conversation_id WHERE p.post_id = ?1",
        args![post],
    )
}

/// Bytes of a message that wait to be sent, or were kept to be sent again, and the record of where they went.
pub fn drop_queued(post: Id) -> [Change; 2] {
    [
        Change::new(
            "DELETE FROM payloads WHERE id IN (SELECT d.payload_id FROM deliveries d WHERE d.object_id = ?1)",
            args![post],
        ),
        Change::new("DELETE FROM deliveries WHERE object_id = ?1", args![post]),
    ]
}

/// Conversations of members, at most `limit`, in which a message is from or to somebody; each with its member after it.
pub fn with_person(person: Id, limit: i64) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            ", c.member_id FROM conversations c WHERE c.id IN
               (SELECT o.conversation_id FROM posts p JOIN conversation_posts o ON o.post_id = p.id WHERE p.author_id = ?1
                UNION SELECT o.conversation_id FROM mentions m JOIN conversation_posts o ON o.post_id = m.post_id
                      WHERE m.actor_id = ?1)
              ORDER BY c.id LIMIT ?2"
        ),
        args![person, limit],
    )
}

/// A conversation is between other people, with another key; what the member has under that key already is added to it.
pub fn rekey(member: Id, id: Id, key: &[u8], people: &str) -> [Change; 5] {
    let other = |sql: &'static str| Change::new(sql, args![member, id, key.to_vec()]);
    [
        other(
            "UPDATE conversation_posts SET conversation_id = ?2 WHERE conversation_id IN
               (SELECT c.id FROM conversations c WHERE c.member_id = ?1 AND c.key = ?3 AND c.id <> ?2)
             AND NOT EXISTS (SELECT 1 FROM conversation_posts o
                             WHERE o.conversation_id = ?2 AND o.post_id = conversation_posts.post_id)",
        ),
        other(
            "UPDATE conversations SET unread = unread + COALESCE((SELECT MAX(c.unread) FROM conversations c
               WHERE c.member_id = ?1 AND c.key = ?3 AND c.id <> ?2), 0),
               last_post = COALESCE((SELECT MAX(p.post_id) FROM conversation_posts p WHERE p.conversation_id = ?2),
                                    last_post) WHERE id = ?2",
        ),
        other(
            "DELETE FROM conversation_posts WHERE conversation_id IN
               (SELECT c.id FROM conversations c WHERE c.member_id = ?1 AND c.key = ?3 AND c.id <> ?2)",
        ),
        other("DELETE FROM conversations WHERE member_id = ?1 AND key = ?3 AND id <> ?2"),
        Change::new(
            "UPDATE conversations SET key = ?3, people = ?4 WHERE id = ?2 AND member_id = ?1",
            args![member, id, key.to_vec(), people],
        ),
    ]
}

/// An emptied conversation goes.
pub fn delete(member: Id, id: Id) -> Change {
    Change::new("DELETE FROM conversations WHERE id = ?1 AND member_id = ?2", args![id, member])
}
