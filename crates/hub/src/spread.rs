//! A new post's way inside: whose home it goes to, and who is told; and who is told when it is gone. The same for posts from
//! here and from elsewhere.
//!
//! The rows are part of the transaction that writes the post; what they return says afterwards whom to wake.

use crate::{Event, EventKind, Hub, HubError, reading::NotificationKind};
use landbridge_model::{Actor, Id, Post, Time, Visibility};
use landbridge_store::{
    Change, Written,
    entities::{
        home::{self, Fanout},
        notifications,
    },
};
use std::collections::BTreeMap;

/// Home rows of reposts that are looked at when their post is deleted: each is an event for open apps.
const REPOSTS: i64 = 500;

/// Whom a write has reached here.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub homes: Vec<Id>,
    /// Member and notification.
    pub told: Vec<(Id, Id)>,
}

impl Reached {
    /// Reads what [`Hub::home_rows`] and [`Hub::tell`] returned: home rows have one column, notifications two.
    pub(crate) fn read(written: Written) -> Result<Reached, HubError> {
        let mut reached = Reached::default();
        for mut row in written.returned {
            match row.len() {
                1 => reached.homes.push(row.get(0)?),
                _ => reached.told.push((row.get(1)?, row.get(0)?)),
            }
        }
        Ok(reached)
    }
}

impl Hub {
    /// Home rows of a post or repost: for the author's followers, and for the author when that is a member.
    /// `original`: the reposted post.
    pub(crate) fn home_rows(&self, post: &Post, author: &Actor, original: Option<&Post>) -> Vec<Change> {
        if post.visibility == Visibility::Direct {
            return Vec::new();
        }
        let mut changes = vec![home::fan_out(Fanout::of(post, original, Time::now()))];
        if author.is_member() {
            changes.push(home::put(author.id, post.id));
        }
        changes
    }

    /// A notification for each of these, as far as they are members and want to hear it.
    pub(crate) fn tell(
        &self,
        kind: NotificationKind,
        actor: Id,
        to: impl IntoIterator<Item = Id>,
        about: Option<&Post>,
    ) -> Vec<Change> {
        self.tell_at(None, kind, actor, to, about)
    }

    /// The same; `then`: at the place of an earlier moment.
    pub(crate) fn tell_at(
        &self,
        then: Option<Time>,
        kind: NotificationKind,
        actor: Id,
        to: impl IntoIterator<Item = Id>,
        about: Option<&Post>,
    ) -> Vec<Change> {
        let (post, root) = (about.map(|p| p.id), about.map(|p| p.root));
        let row = |member| {
            let id = then.map_or_else(|| self.ids().next(), |then| self.ids().at(then));
            let at = then.unwrap_or_else(Time::now);
            notifications::insert(id, member, kind.key(), actor, post, root, at)
        };
        to.into_iter().map(row).collect()
    }

    /// What open apps are told once a post is deleted: that it is gone, and with it the reposts of it. To be asked before.
    pub(crate) async fn deletions(&self, post: &Post) -> Result<Vec<Event>, HubError> {
        let mut members = self.home_members(post.id).await?;
        members.extend(self.named_members(post.id).await?);
        members.sort_unstable();
        members.dedup();
        let public = post.visibility == Visibility::Public;
        let mut events = vec![Event { members, public, kind: EventKind::Deleted(post.id) }];
        let mut reposts: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        for mut row in self.store().rows(home::reposts_of(post.id, REPOSTS)).await? {
            reposts.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        events.extend(reposts.into_iter().map(|(id, members)| Event {
            members,
            public: false,
            kind: EventKind::Deleted(id),
        }));
        Ok(events)
    }

    /// Wakes whoever listens, after the commit. `post`: what is new on the homes.
    pub(crate) fn wake(&self, reached: Reached, post: Option<&Post>) {
        if let Some(post) = post {
            let public = post.visibility == Visibility::Public && post.repost_of.is_none();
            if public || !reached.homes.is_empty() {
                self.bus().send(Event { members: reached.homes, public, kind: EventKind::Post(post.id) });
            }
        }
        for (member, id) in reached.told {
            self.bus().send(Event {
                members: vec![member],
                public: false,
                kind: EventKind::Notification(id),
            });
        }
    }
}
