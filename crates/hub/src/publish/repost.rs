//! Reposts (boosts).

use super::{Commit, Reach};
use crate::{
    ActKind, CopyKind, CopyState, Event, EventKind, Hub, HubError, Origin,
    gate::{Deed, DeedKind},
    reading::NotificationKind,
    receive::ANSWERED,
};
use landbridge_model::{Id, Post, PostKind, RichText, Time, Visibility};
use landbridge_store::entities::{
    copies, home, notifications,
    posts::{self, Body, PostRow},
    tombstones,
};

impl Hub {
    /// Gives the repost; the same one when it is there already.
    pub async fn repost(
        &self,
        member: Id,
        target: Id,
        visibility: Option<Visibility>,
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        super::asking(|| Box::pin(self.repost_once(member, target, visibility, origin.clone()))).await
    }

    async fn repost_once(
        &self,
        member: Id,
        target: Id,
        visibility: Option<Visibility>,
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        let actor = self.acting(member).await?;
        let target = self.target(member, target).await?;
        let visibility = match (target.visibility, visibility.unwrap_or(Visibility::Public)) {
            (open, wanted) if open.is_open() && wanted != Visibility::Direct => wanted,
            (Visibility::Followers, _) if target.author == member => Visibility::Followers,
            _ => return Err(HubError::Forbidden("this post is not public, so it cannot be reposted")),
        };
        if let Some(earlier) = self.repost_of(member, target.id).await? {
            return Ok(earlier);
        }
        let brought = super::brought(origin.as_ref());
        let mut repost = blank(self.id_for(brought), member, &target, visibility);
        repost.created_at = brought.unwrap_or(repost.created_at);
        let mut changes =
            vec![posts::insert(&super::row(&repost, None), None, false), posts::count_reposts(target.id, 1)];
        if brought.is_none() {
            changes.extend(self.home_rows(&repost, &actor, Some(&target)));
            changes.extend(self.tell_or_ask(&actor, deed(&repost, &target)).await?);
        }
        let reach = match visibility {
            Visibility::Public => Reach::Copies(CopyKind::Post, target.id),
            narrow => {
                let networks = self.copies(CopyKind::Post, target.id).await?.into_iter().map(|c| c.network);
                Reach::Only(
                    networks.filter(|n| self.translator(*n).is_ok_and(|t| t.carries(narrow))).collect(),
                )
            }
        };
        let kind = ActKind::Repost { repost: repost.clone(), target };
        let commit = Commit { member: &actor, kind, origin, reach, changes, key: None };
        match self.commit_all(commit).await {
            Ok(reached) => {
                if brought.is_none() {
                    self.wake(reached, Some(&repost));
                }
                Ok(repost)
            }
            Err(HubError::Conflict(ANSWERED)) => Err(HubError::Conflict(ANSWERED)),
            // Twice at once: the other one has won.
            Err(error) => match repost.repost_of {
                Some(target) => self.repost_of(member, target).await?.ok_or(error),
                None => Err(error),
            },
        }
    }

    pub async fn unrepost(&self, member: Id, target: Id, origin: Option<Origin>) -> Result<(), HubError> {
        let actor = self.actor(member).await?;
        let target = self.post(target).await?;
        let target = match target.repost_of {
            Some(original) => self.post(original).await?,
            None => target,
        };
        let Some(repost) = self.repost_of(member, target.id).await? else { return Ok(()) };
        let members = self.home_members(repost.id).await?;
        let mut changes = vec![home::remove(repost.id), posts::count_reposts(target.id, -1)];
        for copy in self.copies(CopyKind::Repost, repost.id).await? {
            changes.push(tombstones::put(self.keyed_hash(&copy.native_id), Time::now()));
        }
        changes.push(notifications::retract(
            target.author,
            NotificationKind::Reblog.key(),
            member,
            Some(target.id),
        ));
        if target.origin.is_none() {
            changes.extend(deed(&repost, &target).take_back(member));
        }
        changes.push(copies::retire(CopyKind::Repost.key(), repost.id, CopyState::Deleted as i64));
        changes.extend(posts::delete(repost.id));
        let reach = Reach::Copies(CopyKind::Repost, repost.id);
        let id = repost.id;
        self.commit(&actor, ActKind::Unrepost { repost, target }, origin, reach, changes).await?;
        self.bus().send(Event { members, public: false, kind: EventKind::Deleted(id) });
        Ok(())
    }
}

impl Hub {
    /// That member's repost of that post.
    pub(crate) async fn repost_of(&self, author: Id, target: Id) -> Result<Option<Post>, HubError> {
        let row = self.store().row(posts::repost_by(author, target)).await?;
        let Some(row) = row.map(|mut r| PostRow::read(&mut r)).transpose()? else { return Ok(None) };
        Ok(Some(row.into_post(Body::default())))
    }
}

fn deed<'a>(repost: &Post, target: &'a Post) -> Deed<'a> {
    Deed { kind: DeedKind::Repost, id: repost.id, post: target }
}

/// A repost is a post with nothing of its own.
pub(crate) fn blank(id: Id, author: Id, target: &Post, visibility: Visibility) -> Post {
    Post {
        id,
        author,
        origin: None,
        kind: PostKind::Note,
        created_at: Time::now(),
        edited_at: None,
        visibility,
        title: None,
        text: RichText::default(),
        warning: None,
        sensitive: false,
        languages: Vec::new(),
        media: Vec::new(),
        poll: None,
        mentions: Vec::new(),
        tags: Vec::new(),
        emojis: Vec::new(),
        reply_to: None,
        reply_to_author: None,
        root: id,
        quote: None,
        repost_of: Some(target.id),
        url: None,
        quote_policy: Default::default(),
        reply_policy: Default::default(),
        application: None,
        card: None,
        replies: 0,
        reposts: 0,
        likes: 0,
        quotes: 0,
    }
}
