//! Likes, emoji reactions, bookmarks.

use super::Reach;
use crate::{
    ActKind, CopyKind, CopyState, Hub, HubError, Origin,
    gate::{Deed, DeedKind},
    reading::NotificationKind,
};
use landbridge_model::{Emoji, Id, Post, Reaction, Time};
use landbridge_store::entities::{blocks, copies, notifications, pins, posts, reactions, tombstones};

impl Hub {
    /// Likes a post (`content` empty) or reacts to it. Doing so twice is doing so once.
    pub async fn react(
        &self,
        member: Id,
        post: Id,
        content: &str,
        emoji: Option<Emoji>,
        origin: Option<Origin>,
    ) -> Result<(), HubError> {
        super::asking(|| Box::pin(self.react_once(member, post, content, emoji.clone(), origin.clone())))
            .await
    }

    async fn react_once(
        &self,
        member: Id,
        post: Id,
        content: &str,
        emoji: Option<Emoji>,
        origin: Option<Origin>,
    ) -> Result<(), HubError> {
        let actor = self.acting(member).await?;
        let target = self.target(member, post).await?;
        if content.chars().count() > 64 || content.contains(char::is_whitespace) {
            return Err(HubError::invalid("a reaction is one emoji"));
        }
        if self.store().row(reactions::one(target.id, member, content)).await?.is_some() {
            return Ok(());
        }
        let brought = super::brought(origin.as_ref());
        let reaction = Reaction {
            id: self.id_for(brought),
            actor: member,
            post: target.id,
            content: content.into(),
            emoji,
            at: brought.unwrap_or_else(Time::now),
        };
        let mut changes = vec![reactions::insert(&reaction, None)];
        if content != "-" {
            changes.push(posts::count_likes(target.id, 1));
            if brought.is_none() {
                changes.extend(self.tell_or_ask(&actor, deed(&reaction, &target)).await?);
            }
        }
        let reach = Reach::Copies(CopyKind::Post, target.id);
        match self.commit(&actor, ActKind::React { reaction, target }, origin, reach, changes).await {
            // Twice at once: the other one has won.
            Err(HubError::Conflict("duplicate")) => Ok(()),
            other => other.map(|reached| self.wake(reached, None)),
        }
    }

    pub async fn unreact(
        &self,
        member: Id,
        post: Id,
        content: &str,
        origin: Option<Origin>,
    ) -> Result<(), HubError> {
        let actor = self.actor(member).await?;
        let target = self.target(member, post).await?;
        let row = self.store().row(reactions::one(target.id, member, content)).await?;
        let Some(reaction) = row.map(|mut r| reactions::read(&mut r)).transpose()? else { return Ok(()) };
        let mut changes = vec![reactions::delete(reaction.id)];
        if content != "-" {
            changes.push(posts::count_likes(target.id, -1));
            let told = kind_of(content).key();
            changes.push(notifications::retract(target.author, told, member, Some(target.id)));
            if target.origin.is_none() {
                changes.extend(deed(&reaction, &target).take_back(member));
            }
        }
        for copy in self.copies(CopyKind::Reaction, reaction.id).await? {
            changes.push(tombstones::put(self.keyed_hash(&copy.native_id), Time::now()));
        }
        changes.push(copies::retire(CopyKind::Reaction.key(), reaction.id, CopyState::Deleted as i64));
        let reach = Reach::Copies(CopyKind::Reaction, reaction.id);
        match self.commit(&actor, ActKind::Unreact { reaction, target }, origin, reach, changes).await {
            Err(HubError::Conflict("reaction")) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Bookmarks are nobody else's business: no network is told.
    pub async fn bookmark(&self, member: Id, post: Id, on: bool) -> Result<(), HubError> {
        let post = self.target(member, post).await?.id;
        let change = match on {
            true => pins::bookmark(self.ids().next(), member, post),
            false => pins::unbookmark(member, post),
        };
        self.store().write(change).await?;
        Ok(())
    }

    /// No more notifications from a thread.
    pub async fn mute_thread(&self, member: Id, post: Id, on: bool) -> Result<(), HubError> {
        let root = self.target(member, post).await?.root;
        let change = if on { blocks::mute_thread(member, root) } else { blocks::unmute_thread(member, root) };
        self.store().write(change).await?;
        Ok(())
    }
}

pub(crate) fn kind_of(content: &str) -> NotificationKind {
    DeedKind::of_reaction(content).told()
}

fn deed<'a>(reaction: &Reaction, target: &'a Post) -> Deed<'a> {
    Deed { kind: DeedKind::of_reaction(&reaction.content), id: reaction.id, post: target }
}
