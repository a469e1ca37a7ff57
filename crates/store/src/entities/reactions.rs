//! `reactions`: likes (empty content) and emoji reactions.

use super::{Window, source};
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Emoji, Id, Network, Reaction};

macro_rules! columns {
    () => {
        "id, actor_id, post_id, content, emoji, at"
    };
}

/// Reads `id, actor_id, post_id, content, emoji, at`.
pub fn read(row: &mut Row) -> Result<Reaction, StoreError> {
    let emoji: Option<String> = row.get(4)?;
    Ok(Reaction {
        id: row.get(0)?,
        actor: row.get(1)?,
        post: row.get(2)?,
        content: row.get(3)?,
        emoji: emoji.and_then(|json| serde_json::from_str::<Emoji>(&json).ok()),
        at: row.get(5)?,
    })
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", columns!(), " FROM reactions WHERE id = ?1"), args![id])
}

pub fn one(post: Id, actor: Id, content: &str) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM reactions WHERE post_id = ?1 AND actor_id = ?2 AND content = ?3"
        ),
        args![post, actor, content],
    )
}

/// All reactions of one actor to a post.
pub fn by_actor(post: Id, actor: Id) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM reactions WHERE post_id = ?1 AND actor_id = ?2 ORDER BY id"),
        args![post, actor],
    )
}

/// (post_id, content) of that actor's reaction.
pub fn own(id: Id, actor: Id) -> Query {
    query("SELECT post_id, content FROM reactions WHERE id = ?1 AND actor_id = ?2", args![id, actor])
}

/// (id, post_id) of what an actor likes.
pub fn liked(actor: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, post_id FROM reactions WHERE actor_id = ?1 AND content = '' AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, actor)
}

/// (id, actor_id) of who likes a post.
pub fn likers(post: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, actor_id FROM reactions WHERE post_id = ?1 AND content = '' AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, post)
}

/// (post_id, actor_id, content) of emoji reactions of some actors to some posts.
pub fn signs(posts: &[Id], actors: &[Id]) -> Query {
    query(
        "SELECT post_id, actor_id, content FROM reactions
         WHERE content <> '' AND post_id IN {ints ?1} AND actor_id IN {ints ?2} ORDER BY id",
        args![super::ints(posts), super::ints(actors)],
    )
}

/// Fails when the same actor has reacted to the post with the same content.
pub fn insert(reaction: &Reaction, origin: Option<Network>) -> Change {
    Change::new(
        "INSERT INTO reactions (id, actor_id, post_id, content, emoji, source, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (post_id, actor_id, content) DO NOTHING",
        args![
            reaction.id,
            reaction.actor,
            reaction.post,
            &reaction.content,
            reaction.emoji.as_ref().and_then(|emoji| serde_json::to_string(emoji).ok()),
            source(origin),
            reaction.at
        ],
    )
    .or_fail("duplicate")
}

/// Fails when it is gone already.
pub fn delete(id: Id) -> Change {
    Change::new("DELETE FROM reactions WHERE id = ?1", args![id]).or_fail("reaction")
}
