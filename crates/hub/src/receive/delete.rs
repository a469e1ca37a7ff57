//! A deleted post: by its author only. What was never seen here is noted, so that it stays away.

use super::{Sent, halt::Halt, tombs};
use crate::{CopyKind, CopyState, Hub, HubError, Received, publish, reading::NotificationKind};
use landbridge_model::{Id, Network, Post, Time, Visibility};
use landbridge_store::{
    Change, Write,
    entities::{
        copies::{self, CopyRow},
        notifications, posts, tombstones,
    },
};

use std::sync::atomic::Ordering;

impl Hub {
    pub(super) async fn receive_delete(&self, sent: &Sent, target: &str) -> Result<Received, Halt> {
        self.take_back(sent.actor.id, sent.network, target).await?;
        let known = self.store().row(copies::by_native(sent.network, target)).await?;
        let Some(known) = known.map(|mut row| CopyRow::read(&mut row)).transpose()? else {
            return self.note_deleted(sent.network, &sent.native, target, sent.at).await;
        };
        if known.actor != sent.actor.id {
            return Err(Halt::Rule("a delete by somebody else"));
        }
        if CopyState::from_i64(known.state) == CopyState::Deleted {
            return Err(Halt::Duplicate);
        }
        match CopyKind::from_key(&known.kind) {
            Some(CopyKind::Post) => self.remove_post(known.object, sent.at).await,
            // Some networks delete what others undo.
            Some(_) => self.undo_copy(sent, &known).await,
            None => Err(Halt::Ignored("of an unknown kind")),
        }
    }

    /// Closes an id to its sender before it was seen.
    pub(super) async fn note_deleted(
        &self,
        network: Network,
        native: &str,
        target: &str,
        at: Time,
    ) -> Result<Received, Halt> {
        if !super::clean::is_id(target) {
            return Err(Halt::Rule("an id is empty, too long or has characters that no id has"));
        }
        self.store().write(tombstones::put(tombs::by_id(self, network, native, target), at)).await?;
        Ok(Received::Stored(None))
    }

    /// Removes a remote post, with all that is nothing without it; `at` is when it was taken back.
    pub(super) async fn remove_post(&self, id: Id, at: Time) -> Result<Received, Halt> {
        let Ok(post) = self.post(id).await else { return Err(Halt::Duplicate) };
        match self.remove_remote(&post, at, Vec::new()).await {
            Err(HubError::Conflict("post")) => Err(Halt::Duplicate),
            Err(other) => Err(other.into()),
            Ok(()) => Ok(Received::Stored(Some(id))),
        }
    }

    /// The same with changes of its own in the same write, whoever wants it.
    pub(crate) async fn remove_remote(
        &self,
        post: &Post,
        at: Time,
        also: Vec<Change>,
    ) -> Result<(), HubError> {
        let deletions = self.deletions(post).await?;
        let mut write = Write::from(also);
        write.extend(self.removal(post, at).await?);
        self.store().write(write).await?;
        self.removed().store(true, Ordering::Relaxed);
        if !post.media.is_empty() {
            self.remove_doomed().await;
        }
        deletions.into_iter().for_each(|event| self.bus().send(event));
        Ok(())
    }

    /// The changes that remove a remote post and close its ids for good; those of a repost as those of an act.
    pub(crate) async fn removal(&self, post: &Post, at: Time) -> Result<Vec<Change>, HubError> {
        let kind = if post.repost_of.is_some() { CopyKind::Repost } else { CopyKind::Post };
        let now = Time::now();
        let mut changes = Vec::new();
        let known = self.copies(kind, post.id).await?;
        for copy in &known {
            changes.push(match kind {
                CopyKind::Repost => tombs::close(self, copy, at),
                _ => tombstones::put(self.keyed_hash(&copy.native_id), now),
            });
        }
        if post.visibility == Visibility::Direct {
            changes.extend(self.message_closed(&known).await?);
            changes.extend(self.forgotten_message(post.id));
        }
        changes.push(copies::delete_of(kind.key(), post.id));
        match post.repost_of {
            Some(target) => {
                changes.push(posts::count_reposts(target, -1));
                let author = self.posts(&[target]).await?.pop().map(|target| target.author);
                let kind = NotificationKind::Reblog.key();
                changes.extend(
                    author.map(|author| notifications::retract(author, kind, post.author, Some(target))),
                );
            }
            None => changes.extend(publish::uncount(post)),
        }
        changes.extend(self.forget_shown(post));
        changes.extend(posts::delete(post.id));
        Ok(changes)
    }
}
