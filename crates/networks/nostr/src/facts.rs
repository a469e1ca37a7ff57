//! What is kept of somebody's identity on Nostr (the `facts` of a presence).

use crate::{event::Event, nips::n65::Relays};
use landbridge_hub::Hub;
use landbridge_model::{Network, Presence};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// From the newest kind 10002.
    pub relays: Relays,
    /// Seconds of that event; 0: none was found yet.
    pub relays_at: i64,
    /// Relays that others named for this key.
    pub hints: Vec<String>,
    /// A member's imported key: the lists that other relays have (kinds 0, 3, 10002) have not been fetched yet, so
    /// none of ours may replace them.
    pub unsynced: bool,
    /// Since when (seconds) those lists were looked for without a trace of the key, while not every relay answered.
    pub sought_since: i64,
    /// Relays that the member lets us authenticate to as them (NIP-42).
    pub consented: Vec<String>,
    /// Relays that the member wants nothing to do with (kind 10006, NIP-51).
    pub blocked: Vec<String>,
    /// Relays where this person takes private messages (kind 10050, NIP-17); and when that was asked for, in seconds. Of a
    /// member: as another app of theirs has said.
    pub messages: Vec<String>,
    pub messages_asked: i64,
    /// Host that vouches for the name in this person's kind 0 (NIP-05), as of when it was last looked up; empty: none.
    pub vouched_by: String,
    /// Seconds and id of the newest list of follows (kind 3) by which this person follows or left members.
    pub list_at: i64,
    pub list_id: String,
    /// Seconds and id of the newest profile (kind 0) that was taken in; 0: none was found yet.
    pub profile_at: i64,
    pub profile_id: String,
}

impl Facts {
    pub fn of(presence: &Presence) -> Facts {
        serde_json::from_value(presence.facts.clone()).unwrap_or_default()
    }

    pub fn value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Where this person's events are found.
    pub fn outbox(&self) -> Vec<String> {
        if self.relays.write.is_empty() { self.hints.clone() } else { self.relays.write.clone() }
    }

    /// Where this person looks for what is addressed to them.
    pub fn inbox(&self) -> Vec<String> {
        let lists = [&self.relays.read, &self.relays.write, &self.hints];
        lists.into_iter().find(|l| !l.is_empty()).cloned().unwrap_or_default()
    }

    /// Whether a list of follows replaces the one that is known: it is newer, or as new with the lower id (NIP-01).
    pub fn is_replaced_by(&self, at: i64, id: &str) -> bool {
        at > self.list_at || (at == self.list_at && (self.list_id.is_empty() || id < self.list_id.as_str()))
    }

    /// Whether what is known of this person's profile is newer than a kind 0: some relay may still hold that one, or none at
    /// all (`None`).
    pub fn knows_newer_profile(&self, event: Option<&Event>) -> bool {
        let Some(event) = event else { return self.profile_at > 0 };
        let later = self.profile_at == event.created_at
            && !self.profile_id.is_empty()
            && self.profile_id < event.id.to_string();
        self.profile_at > event.created_at || later
    }

    /// Notes which kind 0 is the newest.
    pub fn note_profile(&mut self, event: &Event) {
        (self.profile_at, self.profile_id) = (event.created_at, event.id.to_string());
    }

    /// Notes relays that others named; few, the newest first.
    pub fn hint(&mut self, urls: impl IntoIterator<Item = String>) -> bool {
        let before = self.hints.clone();
        for url in urls.into_iter().filter_map(|u| crate::nips::n65::normal(&u)) {
            self.hints.retain(|h| *h != url);
            self.hints.insert(0, url);
        }
        self.hints.truncate(4);
        self.hints != before
    }
}

/// Adds hints to what is known of a key, if anything is.
pub async fn remember_hints(hub: &Hub, key: &str, urls: Vec<String>) {
    let Ok(Some(presence)) = hub.presence_by_native(Network::Nostr, key).await else { return };
    let mut facts = Facts::of(&presence);
    if facts.hint(urls)
        && let Err(error) = hub.set_facts(Network::Nostr, key, facts.value()).await
    {
        tracing::warn!(%error, "relay hints could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn the_newest_profile_stands_whichever_comes_last() {
        let keys = Keys::generate();
        let profile = |at: i64, content: &str| {
            keys.sign(Template { created_at: at, kind: 0, tags: Vec::new(), content: content.into() })
        };
        let mut facts = Facts::default();
        assert!(!facts.knows_newer_profile(None) && !facts.knows_newer_profile(Some(&profile(5, "{}"))));
        let mut same_second = [profile(5, "{}"), profile(5, "{ }")];
        same_second.sort_by_key(|event| event.id);
        let [lower, higher] = &same_second;
        facts.note_profile(lower);
        assert!(facts.knows_newer_profile(None));
        assert!(facts.knows_newer_profile(Some(&profile(4, "{}"))));
        assert!(facts.knows_newer_profile(Some(higher)) && !facts.knows_newer_profile(Some(lower)));
        assert!(!facts.knows_newer_profile(Some(&profile(6, "{}"))));
    }
}
