//! Moving to another account, here or elsewhere, and letting others move here. An account that is moved to must name
//! the old one first (`alsoKnownAs`), so that nobody's followers can be sent to somebody who does not want them.

use crate::{ActKind, Event, EventKind, Hub, HubError, publish::Reach};
use landbridge_model::{Actor, ActorKind, Id, Time};
use landbridge_store::{
    Write,
    entities::{actors, tombstones},
};
use std::time::Duration;

/// Other accounts that one account names.
const ALIASES: usize = 32;
/// Between two moves of one account.
const PAUSE: Duration = Duration::from_secs(7 * 86_400);

impl Hub {
    /// Says that another account is the same person's: with that, it may move here.
    pub async fn name_alias(&self, member: Id, other: Id) -> Result<Actor, HubError> {
        if other == member {
            return Err(HubError::invalid("this is the account itself"));
        }
        let named: Vec<String> = self.presences(other).await?.into_iter().map(|p| p.native_id).collect();
        self.change_aliases(member, |known| {
            known.retain(|id| !named.contains(id));
            known.extend(named);
        })
        .await
    }

    /// Takes that back, by native id.
    pub async fn forget_alias(&self, member: Id, native_id: &str) -> Result<Actor, HubError> {
        self.change_aliases(member, |known| known.retain(|id| id != native_id)).await
    }

    async fn change_aliases(
        &self,
        member: Id,
        change: impl FnOnce(&mut Vec<String>),
    ) -> Result<Actor, HubError> {
        let me = self.member(member).await?.actor;
        let mut profile = me.profile.clone();
        change(&mut profile.also_known_as);
        if profile.also_known_as.len() > ALIASES {
            return Err(HubError::Invalid(format!("at most {ALIASES} accounts can be named")));
        }
        self.set_profile(member, profile, me.locked, me.kind == ActorKind::Service, None).await
    }

    /// Leaves for another account: followers here follow it at once, those elsewhere are told to. Posts stay. The other
    /// account must name this one as its own, as its server shows it now.
    pub async fn move_to(&self, member: Id, other: Id) -> Result<(), HubError> {
        let mut me = self.member(member).await?.actor;
        if other == member {
            return Err(HubError::invalid("this is the account itself"));
        }
        let theirs = self.presences(other).await?;
        if !self.actor(other).await?.is_member() {
            for presence in &theirs {
                let translator = self.translator(presence.network)?;
                translator.forget(&presence.native_id).await;
                let now = translator.fetch(self, &presence.native_id).await?;
                self.take_in(now).await;
            }
        }
        let target = self.actor(other).await?;
        let mut named = None;
        for mine in self.presences(member).await? {
            let known = target.profile.also_known_as.contains(&mine.native_id);
            let there = theirs.iter().find(|p| p.network == mine.network).filter(|_| known);
            named = named.or(there.map(|p| (p.network, p.native_id.clone())));
        }
        let Some((network, to)) = named else {
            return Err(HubError::Forbidden("the other account does not name this one as its own"));
        };
        let moved = self.keyed_hash(&format!("moved {member}"));
        let now = Time::now();
        let mut write = Write::from(tombstones::forbid_since(moved.clone(), now.minus(PAUSE)));
        write.push(tombstones::put(moved, now));
        write.push(actors::set_moved_to(member, Some(other)));
        self.store().write(write).await.map_err(|error| match HubError::from(error) {
            HubError::Conflict(_) => HubError::Forbidden("this account has moved within the last week"),
            other => other,
        })?;
        me.moved_to = Some(other);
        // First the profile, which then says so itself, then the word to follow along.
        for kind in [ActKind::Profile, ActKind::Move { to }] {
            self.commit(&me, kind, None, Reach::Only(vec![network]), Vec::new()).await?;
        }
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        self.follow_along(&me, &target).await;
        Ok(())
    }

    /// Is at home here again. Followers who have gone along are not called back.
    pub async fn move_back(&self, member: Id) -> Result<(), HubError> {
        let mut me = self.member(member).await?.actor;
        if me.moved_to.take().is_some() {
            let changes = vec![actors::set_moved_to(member, None)];
            self.commit(&me, ActKind::Profile, None, Reach::Everywhere, changes).await?;
            self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        }
        Ok(())
    }
}
