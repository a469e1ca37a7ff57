//! Follows, and answers to them.

use super::Reach;
use crate::{
    ActKind, CopyKind, CopyState, Event, EventKind, Hub, HubError, Origin, Relationship,
    gate::{self, Approach, Decision, Reason, Scope, State},
    reading::NotificationKind,
};
use landbridge_model::{Actor, Id, PresenceState, Time};
use landbridge_store::{
    Change,
    entities::{
        blocks, contacts, copies,
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
        let brought = super::brought(origin.as_ref());
        let asks = match self.asks_first(&actor, &target).await? {
            Decision::Accept => None,
            Decision::Hold(reason) => Some(reason),
            // Their answer is known.
            Decision::Drop(_) | Decision::Refuse(_) => return self.relationship(member, target.id).await,
        };
        let accepted = asks.is_none();
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
        changes.extend(self.let_in(member, [target.id], &[Scope::Follow, Scope::Public], Reason::Followed));
        match asks {
            None => changes.extend(accepted_changes(member, target.id)),
            Some(reason) if target.is_member() => {
                changes.extend(self.ask_changes(target.id, member, Scope::Follow, reason, None));
            }
            Some(_) => {}
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
        self.release(member).await?;
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
            changes.push(contacts::unfollowed(member, target.id, Time::now()));
            if target.is_member() {
                let (scopes, asks) = ([Scope::Follow.key()], [State::Request.key()]);
                let to = State::Cancelled.key();
                changes.push(contacts::turn_if(target.id, member, &scopes, &asks, to, Time::now()));
            }
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
        let (scope, answer) = (Scope::Follow, State::Granted);
        changes.extend(self.answer_changes(member, follower.id, scope, answer, Reason::Member));
        changes.extend(accepted_changes(follower.id, member));
        let asked = NotificationKind::FollowRequest.key();
        changes.push(notifications::retract(member, asked, follower.id, None));
        changes.extend(self.tell(NotificationKind::Follow, follower.id, [member], None));
        let (id, who) = (row.id, follower.id);
        let reached = self
            .commit(&actor, ActKind::AcceptFollow { id, follower }, None, Reach::Actor(who), changes)
            .await?;
        self.budgets().answered();
        self.wake(reached, None);
        self.relations_changed(who, member);
        self.relationship(member, who).await
    }

    /// Declines a request to follow, or ends a follow.
    pub async fn reject_follow(&self, member: Id, follower: Id) -> Result<Relationship, HubError> {
        let row = self.follow_row(follower, member).await?;
        let answer = row.map(|row| if row.accepted { State::Revoked } else { State::Declined });
        let changes =
            answer.map(|state| self.answer_changes(member, follower, Scope::Follow, state, Reason::Member));
        self.end_follow(member, follower, changes.unwrap_or_default()).await
    }

    /// Ends a follow, or a request to follow, with what else is to be written then. Whoever followed is told.
    pub(crate) async fn end_follow(
        &self,
        member: Id,
        follower: Id,
        also: Vec<Change>,
    ) -> Result<Relationship, HubError> {
        let actor = self.actor(member).await?;
        let Some(row) = self.follow_row(follower, member).await? else {
            self.store().write(also).await?;
            return self.relationship(member, follower).await;
        };
        let follower = self.actor(follower).await?;
        let mut changes = ended_changes(&row);
        changes.extend(also);
        if follower.is_member() {
            changes.push(home::forget_author(follower.id, member));
        }
        let asked = NotificationKind::FollowRequest.key();
        changes.push(notifications::retract(member, asked, follower.id, None));
        let (id, who) = (row.id, follower.id);
        let act = ActKind::RejectFollow { id, follower };
        self.commit(&actor, act, None, Reach::Actor(who), changes).await?;
        self.budgets().answered();
        self.relations_changed(who, member);
        self.relationship(member, who).await
    }

    pub(crate) async fn follow_row(&self, follower: Id, target: Id) -> Result<Option<FollowRow>, HubError> {
        let row = self.store().row(follows::one(follower, target)).await?;
        Ok(row.map(|mut r| FollowRow::read(&mut r)).transpose()?)
    }

    /// What a member's gate says, or whether somebody elsewhere is asked by their network.
    async fn asks_first(&self, follower: &Actor, target: &Actor) -> Result<Decision, HubError> {
        if target.is_member() {
            let approach =
                Approach { stranger: follower, limited: false, scope: Scope::Follow, link_or_media: false };
            return match gate::decide(self, target.id, approach).await? {
                // The write says it by name.
                Decision::Drop("blocked") => Ok(Decision::Accept),
                decision => Ok(decision),
            };
        }
        let presences = self.presences(target.id).await?;
        let asks = |network| self.translator(network).is_ok_and(|t| t.asks_to_follow());
        let at_once = presences.iter().any(|p| p.state == PresenceState::Active && !asks(p.network));
        Ok(if at_once { Decision::Accept } else { Decision::Hold(Reason::Locked) })
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
