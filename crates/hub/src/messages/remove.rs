//! Deleting a conversation, for one member: nobody else is asked to. What no other member here has is removed for good.

use crate::{CopyKind, CopyState, Event, EventKind, Hub, HubError, publish};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change, Write,
    entities::{conversations, copies, posts, tombstones},
};
use std::sync::atomic::Ordering;

/// Messages looked at in one go.
const BATCH: i64 = 200;

impl Hub {
    /// Removes a member's conversation with its messages: rows, sealed bodies, originals, queued bytes, files.
    pub async fn delete_conversation(&self, member: Id, id: Id) -> Result<(), HubError> {
        self.store().row(conversations::one(member, id)).await?.ok_or(HubError::NotFound)?;
        loop {
            let rows = self.store().rows(conversations::some_messages(id, BATCH)).await?;
            if rows.is_empty() {
                break;
            }
            for mut row in rows {
                let write = Write::from(self.taken_away(member, row.get(0)?).await?);
                match self.store().write(write).await.map_err(HubError::from) {
                    // Its author has deleted it meanwhile.
                    Err(HubError::Conflict(_)) | Ok(_) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        self.store().write(conversations::delete(member, id)).await?;
        self.removed().store(true, Ordering::Relaxed);
        self.remove_doomed().await;
        Ok(())
    }

    /// Removes one message from a member's conversation, for that member alone: they have deleted it elsewhere.
    pub async fn take_away_message(&self, member: Id, post: Id) -> Result<(), HubError> {
        let mut write = Write::from(self.taken_away(member, post).await?);
        write.extend(conversations::without_last(member, post));
        match self.store().write(write).await.map_err(HubError::from) {
            Err(HubError::Conflict(_)) | Ok(_) => {}
            Err(error) => return Err(error),
        }
        self.removed().store(true, Ordering::Relaxed);
        self.remove_doomed().await;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Deleted(post) });
        Ok(())
    }

    async fn taken_away(&self, member: Id, post: Id) -> Result<Vec<Change>, HubError> {
        let mut changes = conversations::take_away(member, post);
        let mut others = Vec::new();
        for mut row in self.store().rows(conversations::holders(post)).await? {
            others.push(row.get::<Id>(0)?);
        }
        if others.iter().any(|holder| *holder != member) {
            return Ok(changes);
        }
        let now = Time::now();
        changes.extend(self.forgotten_message(post));
        // Its ids stay closed: what arrives again must not bring it back.
        for copy in self.copies(CopyKind::Post, post).await? {
            changes.push(tombstones::put(self.keyed_hash(&copy.native_id), now));
        }
        let whole = self.posts(&[post]).await?.pop();
        changes.push(match whole.as_ref().is_some_and(|post| post.origin.is_none()) {
            true => copies::retire(CopyKind::Post.key(), post, CopyState::Deleted as i64),
            false => copies::delete_of(CopyKind::Post.key(), post),
        });
        changes.extend(conversations::drop_queued(post));
        if let Some(whole) = whole {
            changes.extend(publish::uncount(&whole));
            changes.extend(self.forget_shown(&whole));
            changes.extend(posts::delete(post));
        }
        Ok(changes)
    }

    /// What networks keep of a message in their own tables goes.
    pub(crate) fn forgotten_message(&self, post: Id) -> Vec<Change> {
        self.translators().iter().flat_map(|translator| translator.forget_message(post)).collect()
    }
}
