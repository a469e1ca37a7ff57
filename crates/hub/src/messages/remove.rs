//! Deleting a conversation, for one member: nobody else is asked to. What no other member here has is removed for good.

use crate::{CopyKind, CopyState, Event, EventKind, Hub, HubError, publish, reading::Copy};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change,
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
            let posts: Vec<Id> = rows.into_iter().map(|mut row| row.get(0)).collect::<Result<_, _>>()?;
            self.take_away(member, &posts).await?;
        }
        self.store().write(conversations::delete(member, id)).await?;
        self.remove_doomed().await;
        Ok(())
    }

    /// Removes one message from a member's conversation, for that member alone: they have deleted it elsewhere.
    pub async fn take_away_message(&self, member: Id, post: Id) -> Result<(), HubError> {
        self.take_away(member, &[post]).await?;
        self.remove_doomed().await;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Deleted(post) });
        Ok(())
    }

    async fn take_away(&self, member: Id, posts: &[Id]) -> Result<(), HubError> {
        let mut hashes: Vec<Vec<u8>> = posts.iter().map(|post| self.taken_from(member, *post)).collect();
        let mut writes = Vec::with_capacity(posts.len());
        for post in posts {
            let mut changes = conversations::take_away(member, *post);
            if !self.is_held_by_others(member, *post).await? {
                hashes.extend(self.closed_ids(*post).await?);
                changes.extend(self.gone_for_good(*post).await?);
            }
            changes.extend(conversations::without_last(member, *post));
            writes.push(changes);
        }
        let noted = self.note_messages(hashes).await?;
        for (post, changes) in posts.iter().zip(writes) {
            self.unless_gone(changes).await?;
            // Two who let go of it at the same moment have both seen the other one.
            if !self.is_held_by_others(member, *post).await? {
                self.unless_gone(self.gone_for_good(*post).await?).await?;
            }
        }
        self.store().write(noted).await?;
        self.removed().store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Its author may have deleted it meanwhile.
    async fn unless_gone(&self, changes: Vec<Change>) -> Result<(), HubError> {
        match self.store().write(changes).await.map_err(HubError::from) {
            Err(HubError::Conflict(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn is_held_by_others(&self, member: Id, post: Id) -> Result<bool, HubError> {
        for mut row in self.store().rows(conversations::holders(post)).await? {
            if row.get::<Id>(0)? != member {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// No member here has it any more.
    async fn gone_for_good(&self, post: Id) -> Result<Vec<Change>, HubError> {
        let Some(whole) = self.posts(&[post]).await?.pop() else { return Ok(Vec::new()) };
        let now = Time::now();
        let mut changes = self.forgotten_message(post);
        // What arrives again must not bring it back.
        changes.extend(self.closed_ids(post).await?.into_iter().map(|hash| tombstones::put(hash, now)));
        changes.push(match whole.origin.is_none() {
            true => copies::retire(CopyKind::Post.key(), post, CopyState::Deleted as i64),
            false => copies::delete_of(CopyKind::Post.key(), post),
        });
        changes.extend(conversations::drop_queued(post));
        changes.extend(publish::uncount(&whole));
        changes.extend(self.forget_shown(&whole));
        changes.extend(posts::delete(post));
        Ok(changes)
    }

    /// Notes outside the database that a message is deleted for all: no older backup brings it back. Gives what the
    /// database notes of it.
    pub(crate) async fn message_closed(&self, copies: &[Copy]) -> Result<Vec<Change>, HubError> {
        self.note_messages(self.closed(copies)).await
    }

    /// The names under which a message is closed for all.
    fn closed(&self, copies: &[Copy]) -> Vec<Vec<u8>> {
        copies.iter().map(|copy| self.keyed_hash(&copy.native_id)).collect()
    }

    async fn closed_ids(&self, post: Id) -> Result<Vec<Vec<u8>>, HubError> {
        Ok(self.closed(&self.copies(CopyKind::Post, post).await?))
    }

    /// ... and for one of its readers.
    pub(crate) fn taken_from(&self, member: Id, post: Id) -> Vec<u8> {
        self.keyed_hash(&format!("message {member} {post}"))
    }

    /// What networks keep of a message in their own tables goes.
    pub(crate) fn forgotten_message(&self, post: Id) -> Vec<Change> {
        self.translators().iter().flat_map(|translator| translator.forget_message(post)).collect()
    }
}
