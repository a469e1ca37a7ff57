//! A deleted post: tombstones stay, every network that has a copy is told.

use super::Reach;
use crate::{ActKind, CopyKind, CopyState, Hub, HubError, Origin, gate::Deed};
use landbridge_model::{Id, Post, QuoteState, Time};
use landbridge_store::{
    Change,
    entities::{actors, copies, deliveries, media, posts, tombstones},
};

use std::sync::atomic::Ordering;

impl Hub {
    /// Deletes a post of the member with its files; gives it as it was.
    pub async fn delete_post(&self, member: Id, post: Id, origin: Option<Origin>) -> Result<Post, HubError> {
        self.end_post(member, post, origin, Vec::new()).await
    }

    /// Deletes a post of the member that may be written anew: its files can be attached again within a day, and then go
    /// like uploads that were never attached.
    pub async fn withdraw_post(&self, member: Id, post: Id) -> Result<Post, HubError> {
        self.end_post(member, post, None, vec![media::detach(post, Time::now())]).await
    }

    /// The same with changes of its own in the same write, whoever wants it.
    pub(crate) async fn end_post(
        &self,
        member: Id,
        post: Id,
        origin: Option<Origin>,
        before: Vec<Change>,
    ) -> Result<Post, HubError> {
        let author = self.actor(member).await?;
        let post = self.own(member, post).await?;
        if let Some(target) = post.repost_of {
            self.unrepost(member, target, origin).await?;
            return Ok(post);
        }
        let now = Time::now();
        let deletions = self.deletions(&post).await?;
        let mut changes = before;
        let direct = post.visibility == landbridge_model::Visibility::Direct;
        let copies = self.copies(CopyKind::Post, post.id).await?;
        if direct {
            changes.extend(self.message_closed(&copies).await?);
        }
        for copy in &copies {
            changes.push(tombstones::put(self.keyed_hash(&copy.native_id), now));
            changes.push(deliveries::drop_waiting(post.id, copy.network, now));
        }
        changes.push(copies::retire(CopyKind::Post.key(), post.id, CopyState::Deleted as i64));
        changes.extend(uncount(&post));
        if !post.mentions.is_empty() {
            // Members who were asked first are asked no more.
            changes.extend(Deed::mention(&post).take_back(member));
        }
        if post.quote.is_some() {
            changes.extend(Deed::quote(&post).take_back(member));
        }
        if direct {
            changes.extend(self.forgotten_message(post.id));
        }
        changes.extend(posts::delete(post.id));
        let reach = Reach::Copies(CopyKind::Post, post.id);
        self.commit(&author, ActKind::Delete(post.clone()), origin, reach, changes).await?;
        self.removed().store(true, Ordering::Relaxed);
        // An edit may have attached files that this post, as it was read, does not name.
        self.remove_doomed().await;
        deletions.into_iter().for_each(|event| self.bus().send(event));
        Ok(post)
    }
}

/// Takes back what the post had counted.
pub(crate) fn uncount(post: &Post) -> Vec<Change> {
    let mut changes = vec![actors::unposted(post.author)];
    changes.extend(post.reply_to.map(|id| posts::count_replies(id, -1)));
    let accepted = post.quote.as_ref().filter(|q| q.state == QuoteState::Accepted);
    changes.extend(accepted.and_then(|q| q.post).map(|id| posts::count_quotes(id, -1)));
    changes
}
