//! Blocks and mutes.

use super::Reach;
use crate::{ActKind, Hub, HubError, Origin, Relationship};
use landbridge_model::{Id, Time};
use landbridge_store::entities::{account_notes, blocks, home, notifications};
use std::{sync::atomic::Ordering, time::Duration};

/// Posts that the end of a mute puts back on the home timeline.
const BACK: i64 = 100;
/// Mutes that end in one round of housekeeping.
const EXPIRED: i64 = 1000;

impl Hub {
    /// Hides both from each other, ends follows both ways, and tells the networks where that is private.
    pub async fn block(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        self.block_as(member, target, None).await
    }

    /// Like [`Hub::block`]; `origin`: the native original, when an app of a network says so.
    pub async fn block_as(
        &self,
        member: Id,
        target: Id,
        origin: Option<Origin>,
    ) -> Result<Relationship, HubError> {
        let actor = self.acting(member).await?;
        let target = self.actor(target).await?;
        if target.id == member {
            return Err(HubError::invalid("nobody can block themself"));
        }
        let brought = super::brought(origin.as_ref());
        let mut changes = Vec::new();
        if brought.is_none() {
            self.unfollow(member, target.id, None).await?;
            self.end_follow(member, target.id, Vec::new()).await?;
        } else {
            // Of the account that it came with nothing is taken back.
            let follows =
                [self.follow_row(member, target.id).await?, self.follow_row(target.id, member).await?];
            changes.extend(follows.iter().flatten().flat_map(super::ended_changes));
        }
        let id = self.id_for(brought);
        changes.extend([
            blocks::insert(id, member, target.id, brought.unwrap_or_else(Time::now)),
            home::forget_author(member, target.id),
            notifications::forget_actor(member, target.id),
        ]);
        changes.extend(self.block_changes(member, target.id));
        self.removed().store(true, Ordering::Relaxed);
        if target.is_member() {
            changes.push(home::forget_author(target.id, member));
            changes.push(notifications::forget_actor(target.id, member));
        }
        let who = target.id;
        self.commit(&actor, ActKind::Block { id, target }, origin, Reach::Actor(who), changes).await?;
        self.budgets().answered();
        self.relations_changed(member, who);
        self.relationship(member, who).await
    }

    pub async fn unblock(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        let actor = self.acting(member).await?;
        let target = self.actor(target).await?;
        let who = target.id;
        // The block's own id: what is taken back must be named as it was sent.
        if let Some(mut row) = self.store().row(blocks::one(member, who)).await? {
            let id = Id(row.get(0)?);
            let changes = vec![blocks::delete(member, who), self.unblock_changes(member, who)];
            self.commit(&actor, ActKind::Unblock { id, target }, None, Reach::Actor(who), changes).await?;
            self.relations_changed(member, who);
        }
        self.relationship(member, who).await
    }

    /// Hides somebody from the member alone. No network is told.
    pub async fn mute(
        &self,
        member: Id,
        target: Id,
        notifications: bool,
        duration: Option<Duration>,
    ) -> Result<Relationship, HubError> {
        let target = self.actor(target).await?.id;
        if target == member {
            return Err(HubError::invalid("nobody can mute themself"));
        }
        let now = Time::now();
        let until = duration.filter(|d| !d.is_zero()).map(|d| now.plus(d));
        let changes = vec![
            blocks::mute(self.ids().next(), member, target, notifications, until, now),
            home::forget_author(member, target),
        ];
        self.store().write(changes).await?;
        self.relations_changed(member, target);
        self.relationship(member, target).await
    }

    pub async fn unmute(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        let mut changes = vec![blocks::unmute(member, target)];
        // Else what home leaves out on purpose would come.
        if self.relationship(member, target).await?.muting {
            changes.push(home::put_back(member, target, BACK));
        }
        self.store().write(changes).await?;
        self.relations_changed(member, target);
        self.relationship(member, target).await
    }

    /// Ends the mutes whose time is over, so many at once.
    pub(crate) async fn expire_mutes(&self) -> Result<(), HubError> {
        let now = Time::now();
        for mut row in self.store().rows(blocks::expired_mutes(now, EXPIRED)).await? {
            let (member, target): (Id, Id) = (row.get(0)?, row.get(1)?);
            let changes =
                vec![blocks::expire_mute(member, target, now), home::put_back(member, target, BACK)];
            self.store().write(changes).await?;
            self.relations_changed(member, target);
        }
        Ok(())
    }

    /// The member's own words about somebody, for nobody else.
    pub async fn set_note(&self, member: Id, target: Id, note: &str) -> Result<Relationship, HubError> {
        if note.chars().count() > 2000 {
            return Err(HubError::invalid("a note has at most 2000 characters"));
        }
        let target = self.actor(target).await?.id;
        self.store().write(account_notes::put(member, target, note.trim())).await?;
        self.relationship(member, target).await
    }

    /// The member's own rule against a host: its people are hidden and follows from there end.
    pub async fn block_domain(&self, member: Id, domain: &str, on: bool) -> Result<(), HubError> {
        let domain = domain.trim().trim_start_matches('@').to_lowercase();
        if domain.is_empty()
            || domain.len() > 253
            || domain.contains(|c: char| c.is_whitespace() || "/@".contains(c))
        {
            return Err(HubError::invalid("this is not the name of a host"));
        }
        if domain == self.config().account_domain {
            return Err(HubError::invalid("this is the host that you are on"));
        }
        if !on {
            self.store().write(blocks::unblock_domain(member, &domain)).await?;
            return Ok(());
        }
        self.store().write(blocks::block_domain(member, &domain, Time::now())).await?;
        for other in self.related_on(member, &domain).await? {
            self.unfollow(member, other, None).await?;
            self.reject_follow(member, other).await?;
            self.store()
                .write(vec![home::forget_author(member, other), notifications::forget_actor(member, other)])
                .await?;
        }
        Ok(())
    }
}
