//! Receivers: inboxes, each once, a host's shared one before its people's own.

use crate::translate::Facts;
use crate::urls::{Urls, host_of};
use landbridge_hub::{Destination, Hub, HubError};
use landbridge_model::{Id, Network, Presence, PresenceState};
use std::collections::HashSet;

/// A set of inboxes in the making.
pub(crate) struct Audience<'a> {
    hub: &'a Hub,
    urls: &'a Urls,
    seen: HashSet<String>,
    found: Vec<Destination>,
}

impl<'a> Audience<'a> {
    pub(crate) fn new(hub: &'a Hub, urls: &'a Urls) -> Audience<'a> {
        Audience { hub, urls, seen: HashSet::new(), found: Vec::new() }
    }

    pub(crate) fn destinations(self) -> Vec<Destination> {
        self.found
    }

    fn add(&mut self, destination: Destination) {
        if !self.urls.is_ours(&destination.url) && self.seen.insert(destination.url.clone()) {
            self.found.push(destination);
        }
    }

    pub(crate) fn presence(&mut self, presence: Presence) {
        if presence.state == PresenceState::Gone || self.urls.is_ours(&presence.native_id) {
            return;
        }
        let facts: Facts = serde_json::from_value(presence.facts).unwrap_or_default();
        if let Some(inbox) = facts.delivery_inbox() {
            self.add(Destination { url: inbox.to_owned(), host: host_of(inbox) });
        }
    }

    pub(crate) async fn followers(&mut self, actor: Id) -> Result<(), HubError> {
        for presence in self.hub.follower_presences(actor, Network::ActivityPub).await? {
            self.presence(presence);
        }
        Ok(())
    }

    pub(crate) async fn followed(&mut self, actor: Id) -> Result<(), HubError> {
        for presence in self.hub.followed_presences(actor, Network::ActivityPub).await? {
            self.presence(presence);
        }
        Ok(())
    }

    pub(crate) async fn actors(&mut self, actors: &[Id]) -> Result<(), HubError> {
        if actors.is_empty() {
            return Ok(());
        }
        for presence in self.hub.presences_of(actors, Network::ActivityPub).await? {
            self.presence(presence);
        }
        Ok(())
    }

    /// Every server that was ever sent this thing, or fetched it signed.
    pub(crate) async fn all_who_have(&mut self, object: Id) -> Result<(), HubError> {
        for destination in self.hub.sent_to(Network::ActivityPub, object).await? {
            self.add(destination);
        }
        Ok(())
    }
}
