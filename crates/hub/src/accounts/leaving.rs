//! Leaving: one network, for a while, or for good.

use crate::{ActKind, Event, EventKind, Hub, HubError, publish::Reach};
use landbridge_model::{Actor, ActorState, Id, Network, PresenceState, Profile, Time};
use landbridge_store::{
    Change, Erased,
    entities::{actors, deliveries, files, grants, members, presences},
};
use std::time::Duration;

/// Deletes that could not be delivered for so long are not waited for any more.
const LONGEST: Duration = Duration::from_secs(8 * 86_400);

impl Hub {
    /// Switches a network off for a member: the network is told, nothing is sent or taken in any more.
    pub async fn leave_network(&self, member: Id, network: Network) -> Result<(), HubError> {
        let actor = self.actor(member).await?;
        let presence = self.presence(member, network).await?.ok_or(HubError::NotFound)?;
        if presence.state == PresenceState::Active {
            let changes = vec![presences::set_state(network, &presence.native_id, PresenceState::Off)];
            self.commit(&actor, ActKind::Leave { forever: false }, None, Reach::Only(vec![network]), changes)
                .await?;
        }
        Ok(())
    }

    /// Hides the account everywhere it can be hidden, until [`Hub::reactivate`].
    pub async fn deactivate(&self, member: Id) -> Result<(), HubError> {
        self.set_state(member, ActorState::Deactivated).await
    }

    pub async fn reactivate(&self, member: Id) -> Result<(), HubError> {
        match self.actor(member).await?.state {
            ActorState::Deactivated => self.set_state(member, ActorState::Active).await,
            ActorState::Active => Ok(()),
            _ => Err(HubError::Forbidden("only a moderator can do this")),
        }
    }

    /// A moderator suspends a member, or takes it back.
    pub async fn suspend(&self, member: Id, on: bool) -> Result<(), HubError> {
        let state = if on { ActorState::Suspended } else { ActorState::Active };
        if on {
            self.store().write(grants::revoke_all(member, Time::now()).to_vec()).await?;
        }
        self.set_state(member, state).await
    }

    async fn set_state(&self, member: Id, state: ActorState) -> Result<(), HubError> {
        self.change_state(member, state, Vec::new()).await
    }

    /// The same with changes of its own in the same write.
    pub(crate) async fn change_state(
        &self,
        member: Id,
        state: ActorState,
        mut changes: Vec<Change>,
    ) -> Result<(), HubError> {
        let mut actor = self.member(member).await?.actor;
        actor.state = state;
        changes.push(actors::set_state(member, state));
        for presence in self.presences(member).await? {
            if presence.state == PresenceState::Off
                && let Ok(translator) = self.translator(presence.network)
            {
                changes.extend(translator.state_while_off(self, &actor, &presence).await?);
            }
        }
        self.commit(&actor, ActKind::Profile, None, Reach::Everywhere, changes).await?;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(())
    }

    /// Deletes an account for good: it is gone from here at once, every network is told what it needs, and when that
    /// is delivered everything of the member is erased, the keys last. The name is never given out again.
    ///
    /// The journal says so from the beginning, so that no older backup brings them back.
    pub async fn delete_member(&self, member: Id) -> Result<(), HubError> {
        let actor = self.member(member).await?.actor;
        let at = Time::now();
        let noted = self.note_person(member, at, Erased::Leaving).await?;
        self.depart(actor, noted).await?;
        self.finish_leaving().await
    }

    /// The member is gone, and the networks are about to hear it. `noted`: what the database says of it, as the journal.
    pub(crate) async fn depart(&self, mut actor: Actor, noted: Vec<Change>) -> Result<(), HubError> {
        let member = actor.id;
        actor.state = ActorState::Deleted;
        let told = actor.clone();
        actor.profile = Profile::default();
        let mut changes = vec![
            actors::set_profile(&actor),
            actors::set_state(member, ActorState::Deleted),
            // No hash matches this.
            members::set_password(member, "gone".into()),
        ];
        changes.extend(grants::revoke_all(member, Time::now()));
        changes.extend(files::hold_only(member, &[]));
        changes.extend(noted);
        self.commit(&told, ActKind::Leave { forever: true }, None, Reach::Everywhere, changes).await?;
        self.remove_doomed().await;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(())
    }

    /// Erases deleted members whose last deliveries are done (or hopeless). Part of housekeeping.
    pub async fn finish_leaving(&self) -> Result<(), HubError> {
        let before = Time::now().minus(LONGEST);
        for mut row in self.store().rows(deliveries::leavers_done(before)).await? {
            let member: Id = row.get(0)?;
            self.erase(member).await?;
            self.sealer().forget(member);
        }
        Ok(())
    }
}
