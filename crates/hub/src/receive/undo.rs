//! Something taken back: by the id of the act, or by what it was. An undo that comes before its act wins.

use super::{Sent, halt::Halt, react, repost, tombs};
use crate::{
    CopyKind, CopyState, Hub, Received, Undone, What,
    gate::{Scope, State},
    publish,
    publish::kind_of,
    reading::NotificationKind,
};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{
    Query, Write,
    entities::{
        actors, blocks, contacts,
        copies::{self, CopyRow},
        follows::{self, FollowRow},
        notifications, posts, reactions, tombstones,
    },
};

impl Hub {
    pub(super) async fn receive_undo(&self, sent: &Sent, undone: Undone) -> Result<Received, Halt> {
        if let Some(id) = &undone.id
            && let Some(mut row) = self.store().row(copies::by_native(sent.network, id)).await?
        {
            let copy = CopyRow::read(&mut row)?;
            if copy.actor != sent.actor.id {
                return Err(Halt::Rule("an undo by somebody else"));
            }
            if CopyState::from_i64(copy.state) != CopyState::Deleted {
                return self.undo_copy(sent, &copy).await;
            }
        }
        self.note_undone(sent.network, &sent.native, &undone, sent.at).await?;
        let named = undone.what.as_deref().and_then(content).map(|(act, target)| format!("{act} {target}"));
        for name in [undone.id.clone(), named].into_iter().flatten() {
            self.take_back(sent.actor.id, sent.network, &name).await?;
        }
        match undone.what.as_deref() {
            Some(what) => self.undo_content(sent, what).await,
            None => Ok(Received::Stored(None)),
        }
    }

    /// Closes the id (or, without one, the act up to that moment) to its sender.
    pub(super) async fn note_undone(
        &self,
        network: Network,
        native: &str,
        undone: &Undone,
        at: Time,
    ) -> Result<Received, Halt> {
        if let Some(id) = &undone.id
            && let Some(closed) = tombs::close_again(self, network, id, at).await?
        {
            self.store().write(closed).await?;
            return Ok(Received::Stored(None));
        }
        let hash = match (&undone.id, undone.what.as_deref().and_then(content)) {
            (Some(id), _) => tombs::by_id(self, network, native, id),
            (None, Some((act, target))) => tombs::by_content(self, network, native, &act, target),
            (None, None) => return Err(Halt::Ignored("an undo of nothing")),
        };
        self.store().write(tombstones::put(hash, at)).await?;
        Ok(Received::Stored(None))
    }

    /// Takes back an act that is here by its native id.
    pub(super) async fn undo_copy(&self, sent: &Sent, copy: &CopyRow) -> Result<Received, Halt> {
        let mut write = Write::default();
        write.push(tombs::close_id(self, sent.network, &copy.native_id, sent.at));
        match CopyKind::from_key(&copy.kind) {
            // A post is deleted, not undone.
            Some(CopyKind::Post) => Err(Halt::Ignored("an undo of a post")),
            Some(CopyKind::Repost) => self.remove_post(copy.object, sent.at).await,
            Some(CopyKind::Reaction) => self.unreact_by(write, reactions::by_id(copy.object), sent.at).await,
            Some(CopyKind::Follow) => {
                let row = self.store().row(follows::by_id(copy.object)).await?;
                match row.map(|mut row| FollowRow::read(&mut row)).transpose()? {
                    Some(follow) => self.unfollow_by(write, follow, sent.at).await,
                    None => Err(Halt::Duplicate),
                }
            }
            Some(CopyKind::Block) => {
                write.push(copies::delete(sent.network, &copy.native_id));
                write.push(blocks::delete_by_id(copy.object));
                self.store().write(write).await?;
                Ok(Received::Stored(None))
            }
            _ => Err(Halt::Ignored("cannot be undone")),
        }
    }

    /// Takes back an act that is named by what it was.
    async fn undo_content(&self, sent: &Sent, what: &What) -> Result<Received, Halt> {
        match what {
            What::React { target, content, .. } => {
                let Some(post) = self.living_post(sent, target).await? else {
                    return Ok(Received::Stored(None));
                };
                let which = reactions::one(post.id, sent.actor.id, content.trim());
                self.unreact_by(Write::default(), which, sent.at).await
            }
            What::Repost { target, .. } => {
                let Some(post) = self.living_post(sent, target).await? else {
                    return Ok(Received::Stored(None));
                };
                match self.repost_of(sent.actor.id, post.id).await? {
                    Some(repost) => self.remove_post(repost.id, sent.at).await,
                    None => Err(Halt::Duplicate),
                }
            }
            What::Follow { target } => {
                let Some(mut row) = self.store().row(actors::by_native(sent.network, target)).await? else {
                    return Ok(Received::Stored(None));
                };
                let target = actors::read(&mut row)?.id;
                match self.follow_row(sent.actor.id, target).await? {
                    Some(follow) => self.unfollow_by(Write::default(), follow, sent.at).await,
                    None => Err(Halt::Duplicate),
                }
            }
            What::Block { target } => {
                let Some(mut row) = self.store().row(actors::by_native(sent.network, target)).await? else {
                    return Ok(Received::Stored(None));
                };
                let target = actors::read(&mut row)?.id;
                self.store().write(blocks::delete(sent.actor.id, target)).await?;
                Ok(Received::Stored(None))
            }
            _ => Ok(Received::Stored(None)),
        }
    }

    async fn unreact_by(&self, mut write: Write, which: Query, at: Time) -> Result<Received, Halt> {
        let row = self.store().row(which).await?;
        let Some(reaction) = row.map(|mut row| reactions::read(&mut row)).transpose()? else {
            return Err(Halt::Duplicate);
        };
        for copy in self.copies(CopyKind::Reaction, reaction.id).await? {
            write.push(tombs::close(self, &copy, at));
        }
        write.push(copies::delete_of(CopyKind::Reaction.key(), reaction.id));
        if reaction.content != "-" {
            write.push(posts::count_likes(reaction.post, -1));
            let author = self.posts(&[reaction.post]).await?.pop().map(|post| post.author);
            let kind = kind_of(&reaction.content).key();
            write.extend(
                author
                    .map(|author| notifications::retract(author, kind, reaction.actor, Some(reaction.post))),
            );
        }
        write.push(reactions::delete(reaction.id));
        self.store().write(write).await.map_err(gone_is_duplicate)?;
        Ok(Received::Stored(None))
    }

    async fn unfollow_by(&self, mut write: Write, follow: FollowRow, at: Time) -> Result<Received, Halt> {
        let (follower, target) = (follow.follower, follow.target);
        for copy in self.copies(CopyKind::Follow, follow.id).await? {
            write.push(tombs::close(self, &copy, at));
        }
        write.extend(publish::ended_changes(&follow));
        write.push(copies::delete_of(CopyKind::Follow.key(), follow.id));
        write.push(cancelled(target, follower));
        for kind in [NotificationKind::FollowRequest, NotificationKind::Follow] {
            write.push(notifications::retract(target, kind.key(), follower, None));
        }
        self.store().write(write).await?;
        self.relations_changed(follower, target);
        Ok(Received::Stored(None))
    }

    /// The end of everything between two, in either direction, as rows of one write.
    pub(super) async fn part(&self, one: Id, other: Id) -> Result<Vec<landbridge_store::Change>, Halt> {
        let mut changes = Vec::new();
        for (follower, target) in [(one, other), (other, one)] {
            if let Some(follow) = self.follow_row(follower, target).await? {
                changes.extend(publish::ended_changes(&follow));
            }
        }
        Ok(changes)
    }
}

/// A request to follow is taken back.
fn cancelled(member: Id, follower: Id) -> landbridge_store::Change {
    let (scopes, from) = ([Scope::Follow.key()], [State::Request.key()]);
    contacts::turn_if(member, follower, &scopes, &from, State::Cancelled.key(), Time::now())
}

/// Act and target of something that can be undone by its content.
fn content(what: &What) -> Option<(String, &str)> {
    match what {
        What::React { target, content, .. } => Some((react::act(content.trim()), target)),
        What::Repost { target, .. } => Some((repost::ACT.to_owned(), target)),
        What::Follow { target } => Some((super::follow::ACT.to_owned(), target)),
        What::Block { target } => Some((super::block::ACT.to_owned(), target)),
        _ => None,
    }
}

fn gone_is_duplicate(error: landbridge_store::WriteError) -> Halt {
    match Halt::from(error) {
        Halt::Ignored("reaction" | "follow" | "post") => Halt::Duplicate,
        other => other,
    }
}
