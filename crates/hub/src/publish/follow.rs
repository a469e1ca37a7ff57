//! Follows, and answers to them.

use super::Reach;
use crate::{
    ActKind, CopyKind, CopyState, Event, EventKind, Hub, HubError, Origin, Relationship,
    reading::NotificationKind,
};
use landbridge_model::{Actor, Id, PresenceState, Time};
use landbridge_store::{
    Change,
    entities::{
        blocks, copies,
        follows::{self, FollowRow},
        home, notifications,
    },
};

/// Posts that a new follow puts on the home timeline at once.
const FILL: i64 = 20;

#[derive(Clone, Debug)]
pub struct FollowOptions {
    pub reposts: bool,
    pub notify: bool,
    pub languages: Vec<String>,
}

impl Default for FollowOptions {
    fn default() -> Self {
        FollowOptions { reposts: true, notify: false, languages: Vec::new() }
    }
}

impl Hub {
    /// Follows somebody (or changes the options of a follow), on every network that both are on.
    pub async fn follow(
        &self,
        member: Id,
        target: Id,
        options: FollowOptions,
        origin: Option<Origin>,
    ) -> Result<Relationship, HubError> {
        let actor = self.acting(member).await?;
        let target = self.actor(target).await?;
        if target.id == member {
            return Err(HubError::invalid("nobody can follow themself"));
        }
        let FollowOptions { reposts, notify, languages } = options;
        if self.follow_row(member, target.id).await?.is_some() {
            self.store().write(follows::set_options(member, target.id, reposts, notify, &languages)).await?;
            return self.relationship(member, target.id).await;
        }
        let accepted = self.accepts_at_once(&target).await?;
        let brought = super::brought(origin.as_ref());
        let row = FollowRow {
            id: self.id_for(brought),
            follower: member,
            target: target.id,
            accepted,
            reposts,
            notify,
            languages,
            origin: None,
            at: brought.unwrap_or_else(Time::now),
        };
        let mut changes = vec![blocks::forbid(member, target.id), follows::insert(&row)];
        if accepted {
            changes.extend(accepted_changes(member, target.id));
        }
        let told = if accepted { NotificationKind::Follow } else { NotificationKind::FollowRequest };
        if brought.is_none() {
            changes.extend(self.tell(told, member, [target.id], None));
        }
        let (id, target_id) = (row.id, target.id);
        match self
            .commit(&actor, ActKind::Follow { id, target }, origin, Reach::Actor(target_id), changes)
            .await
        {
            Ok(reached) => self.wake(reached, None),
            Err(HubError::Conflict("duplicate")) => {}
            Err(HubError::Conflict(_)) => {
                return Err(HubError::Forbidden("one of you has blocked the other"));
            }
            Err(other) => return Err(other),
        }
        self.relations_changed(member, target_id);
        self.relationship(member, target_id).await
    }

    pub async fn unfollow(
        &self,
        member: Id,
        target: Id,
        origin: Option<Origin>,
    ) -> Result<Relationship, HubError> {
        let actor = self.actor(member).await?;
        if let Some(row) = self.follow_row(member, target).await? {
            let target = self.actor(target).await?;
            let mut changes = ended_changes(&row);
            changes.push(home::forget_author(member, target.id));
            let asked = NotificationKind::FollowRequest.key();
            changes.push(notifications::retract(target.id, asked, member, None));
            let (id, target_id) = (row.id, target.id);
            self.commit(&actor, ActKind::Unfollow { id, target }, origin, Reach::Actor(target_id), changes)
                .await?;
            self.relations_changed(member, target_id);
        }
        self.relationship(member, target).await
    }

    /// Accepts a request to follow.
    pub async fn accept_follow(&self, member: Id, follower: Id) -> Result<Relationship, HubError> {
        let actor = self.acting(member).await?;
        let follower = self.actor(follower).await?;
        let Some(row) = self.follow_row(follower.id, member).await?.filter(|r| !r.accepted) else {
            return Err(HubError::NotFound);
        };
        let mut changes = vec![follows::accept(follower.id, member)];
        changes.extend(accepted_changes(follower.id, member));
        let asked = NotificationKind::FollowRequest.key();
        changes.push(notifications::retract(member, asked, follower.id, None));
        changes.extend(self.tell(NotificationKind::Follow, follower.id, [member], None));
        let (id, who) = (row.id, follower.id);
        let reached = self
            .commit(&actor, ActKind::AcceptFollow { id, follower }, None, Reach::Actor(who), changes)
            .await?;
        self.wake(reached, None);
        self.relations_changed(who, member);
        self.relationship(member, who).await
    }

    /// Declines a request to follow, or ends a follow.
    pub async fn reject_follow(&self, member: Id, follower: Id) -> Result<Relationship, HubError> {
        let actor = self.actor(member).await?;
        if let Some(row) = self.follow_row(follower, member).await? {
            let follower = self.actor(follower).await?;
            let mut changes = ended_changes(&row);
            if follower.is_member() {
                changes.push(home::forget_author(follower.id, member));
            }
            let asked = NotificationKind::FollowRequest.key();
            changes.push(notifications::retract(member, asked, follower.id, None));
            let (id, who) = (row.id, follower.id);
            self.commit(&actor, ActKind::RejectFollow { id, follower }, None, Reach::Actor(who), changes)
                .await?;
            self.relations_changed(who, member);
        }
        self.relationship(member, follower).await
    }

    pub(crate) async fn follow_row(&self, follower: Id, target: Id) -> Result<Option<FollowRow>, HubError> {
        let row = self.store().row(follows::one(follower, target)).await?;
        Ok(row.map(|mut r| FollowRow::read(&mut r)).transpose()?)
    }

    /// A member who is not locked, or somebody on a network that asks nobody.
    async fn accepts_at_once(&self, target: &Actor) -> Result<bool, HubError> {
        if target.is_member() {
            return Ok(!target.locked);
        }
        let presences = self.presences(target.id).await?;
        let asks = |network| self.translator(network).is_ok_and(|t| t.asks_to_follow());
        Ok(presences.iter().any(|p| p.state == PresenceState::Active && !asks(p.network)))
    }

    /// Open streams and caches look again.
    pub(crate) fn relations_changed(&self, one: Id, other: Id) {
        self.bus().send(Event { members: vec![one, other], public: false, kind: EventKind::Member(one) });
    }
}

/// What comes with a follow that counts from now on.
pub(crate) fn accepted_changes(follower: Id, target: Id) -> Vec<Change> {
    let mut changes = follows::count(follower, target).to_vec();
    changes.push(home::fill_in(follower, target, FILL));
    changes
}

/// The end of a follow or request. Whether it counts is looked at inside the write: it may be accepted meanwhile.
pub(crate) fn ended_changes(row: &FollowRow) -> Vec<Change> {
    let mut changes = follows::uncount(row.follower, row.target).to_vec();
    changes.push(follows::delete_if_any(row.follower, row.target));
    changes.push(copies::retire(CopyKind::Follow.key(), row.id, CopyState::Deleted as i64));
    changes
}
