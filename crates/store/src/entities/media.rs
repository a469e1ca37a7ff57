//! `media`: attachments. A post's body has them too; these rows give them an id of their own, before and after they are
//! attached.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Media, Time};

#[derive(Clone, Debug)]
pub struct MediaRow {
    pub owner: Id,
    pub post: Option<Id>,
    pub media: Media,
    /// 0 ready, 1 being processed, 2 failed.
    pub state: i64,
    pub created_at: Time,
}

impl MediaRow {
    pub fn read(row: &mut Row) -> Result<MediaRow, StoreError> {
        let json: String = row.get(2)?;
        let media = serde_json::from_str(&json).map_err(|_| StoreError::Refused("a media row is damaged"))?;
        Ok(MediaRow {
            owner: row.get(0)?,
            post: row.get(1)?,
            media,
            state: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

pub fn by_id(id: Id) -> Query {
    query("SELECT owner_id, post_id, media, state, created_at FROM media WHERE id = ?1", args![id])
}

pub fn insert(row: &MediaRow) -> Change {
    Change::new(
        "INSERT INTO media (id, owner_id, post_id, media, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        args![row.media.id, row.owner, row.post, json(&row.media), row.state, row.created_at],
    )
}

/// Replaces what is said of a file of its owner.
pub fn update(owner: Id, media: &Media, state: i64) -> Change {
    Change::new(
        "UPDATE media SET media = ?3, state = ?4 WHERE id = ?1 AND owner_id = ?2",
        args![media.id, owner, json(media), state],
    )
    .or_fail("media")
}

/// Attaches an owner's file to a post; fails when it hangs on another one.
pub fn attach(id: Id, owner: Id, post: Id) -> Change {
    Change::new(
        "UPDATE media SET post_id = ?3 WHERE id = ?1 AND owner_id = ?2 AND (post_id IS NULL OR post_id = ?3)",
        args![id, owner, post],
    )
    .or_fail("media")
}

pub fn delete_of_post(post: Id) -> Change {
    Change::new("DELETE FROM media WHERE post_id = ?1", args![post])
}

/// Takes back a file that hangs on no post; fails when it does.
pub fn take_back(id: Id, owner: Id) -> Change {
    Change::new("DELETE FROM media WHERE id = ?1 AND owner_id = ?2 AND post_id IS NULL", args![id, owner])
        .or_fail("media")
}

/// Takes all attachments but these off a post.
pub fn keep_only(post: Id, kept: &[Id]) -> Change {
    Change::new(
        "DELETE FROM media WHERE post_id = ?1 AND id NOT IN {ints ?2}",
        args![post, super::ints(kept)],
    )
}

/// Frees the files of a post that goes, as if they had been uploaded now.
pub fn detach(post: Id, now: Time) -> Change {
    Change::new("UPDATE media SET post_id = NULL, created_at = ?2 WHERE post_id = ?1", args![post, now])
}

/// (media) of files that hang on no post and are older than that.
pub fn forgotten(before: Time, limit: i64) -> Query {
    query(
        "SELECT owner_id, post_id, media, state, created_at FROM media WHERE post_id IS NULL AND created_at < ?1 LIMIT ?2",
        args![before, limit],
    )
}

fn json(media: &Media) -> String {
    serde_json::to_string(media).unwrap_or_default()
}
