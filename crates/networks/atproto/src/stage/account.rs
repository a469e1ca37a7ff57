//! The account itself: its first commit, its end.

use super::Staging;
use crate::{
    facts::Facts,
    network::AtProto,
    syntax::{Did, Handle},
};
use landbridge_hub::{HubError, Staged};
use landbridge_model::{Actor, ActorState, Presence};
use landbridge_store::{Change, entities::atproto_repos};

impl Staging<'_> {
    pub(super) fn handle(&self) -> Option<Handle> {
        Handle::parse(&Facts::of(&self.act.presence).handle).ok()
    }

    /// What subscribers are told before the first commit of a repository.
    pub(super) fn welcome(&self) -> Vec<Change> {
        let (actor, did) = (self.act.member.id, &self.did);
        let mut changes: Vec<Change> = self.at.identity_event(actor, did, self.handle()).into();
        changes.extend(self.at.account_event(actor, did, ""));
        changes
    }

    /// Whether the repository is served, as the member's state wants it: told when it changes.
    pub(super) async fn state(&self) -> Result<Vec<Change>, HubError> {
        let Some(row) = self.at.repo_row(self.act.member.id).await? else { return Ok(Vec::new()) };
        let wanted = match self.act.member.state {
            ActorState::Active | ActorState::Limited => "",
            ActorState::Deactivated => "deactivated",
            ActorState::Suspended => "takendown",
            ActorState::Deleted => "deleted",
        };
        Ok(if row.state == wanted { Vec::new() } else { self.now_is(wanted) })
    }

    fn now_is(&self, state: &str) -> Vec<Change> {
        let mut changes = vec![atproto_repos::set_state(self.act.member.id, state)];
        changes.extend(self.at.account_event(self.act.member.id, &self.did, state));
        changes
    }

    /// Off for a while, or for good: relays are told, and nothing of the repository is served any more.
    pub(super) async fn leave(&self, forever: bool) -> Result<Staged, HubError> {
        if self.at.repo_row(self.act.member.id).await?.is_none() {
            return Ok(Staged::default());
        }
        let state = if forever { "deleted" } else { off(self.act.member.state) };
        let payloads = vec![self.receipt(super::delivered())];
        Ok(Staged { changes: self.now_is(state), payloads, ..Staged::default() })
    }
}

/// A repository that is switched off, when the member's state changes.
pub(crate) async fn state_while_off(
    at: &AtProto,
    member: &Actor,
    presence: &Presence,
) -> Result<Vec<Change>, HubError> {
    // On its way here from another server: nothing is said of it yet.
    if Facts::of(presence).moving {
        return Ok(Vec::new());
    }
    let Some(row) = at.repo_row(member.id).await? else { return Ok(Vec::new()) };
    let wanted = off(member.state);
    if row.state == wanted || row.state == "deleted" {
        return Ok(Vec::new());
    }
    let did = Did::parse(&row.did).map_err(|_| HubError::Damaged("the row of a repository"))?;
    let mut changes = vec![atproto_repos::set_state(member.id, wanted)];
    changes.extend(at.account_event(member.id, &did, wanted));
    Ok(changes)
}

/// Why one that is switched off is not served: what a moderator says comes before what the member says.
fn off(state: ActorState) -> &'static str {
    if state == ActorState::Suspended { "takendown" } else { "deactivated" }
}
