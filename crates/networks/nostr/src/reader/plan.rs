//! What to ask of which relay.

use crate::{
    event::{Hex32, kind},
    facts::Facts,
    lookup::POSTS,
    network::Nostr,
    wire::Filter,
};
use landbridge_hub::{Hub, HubError, moderation::Rule};
use landbridge_model::{Network, PresenceState};
use std::collections::{BTreeMap, BTreeSet};

/// Relays read per person: a second one covers for the first when it is away.
const PER_PERSON: usize = 2;
/// Relays read in all, those that serve the most people first.
const MOST_RELAYS: usize = 150;

/// What one relay is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whose posts.
    pub authors: BTreeSet<Hex32>,
    /// Members whose mentions.
    pub members: BTreeSet<Hex32>,
    /// Members whose own events.
    pub own: BTreeSet<Hex32>,
}

impl Plan {
    fn weight(&self) -> usize {
        self.authors.len() + 10 * (self.members.len() + self.own.len())
    }

    /// The filters, for what is newer than `since` (seconds).
    pub fn filters(&self, since: i64) -> Vec<Filter> {
        let mut filters = Vec::new();
        let social = POSTS.into_iter().chain([kind::REPOST, kind::GENERIC_REPOST]);
        if !self.authors.is_empty() {
            let kinds =
                social.clone().chain([kind::METADATA, kind::DELETION, kind::RELAY_LIST, kind::VANISH]);
            filters.push(Filter::default().authors(self.authors.iter().copied()).kinds(kinds).since(since));
        }
        if !self.members.is_empty() {
            let kinds = social.clone().chain([kind::REACTION, kind::DELETION, kind::VOTE, kind::FOLLOWS]);
            let members = self.members.iter().map(Hex32::to_string);
            filters.push(Filter::default().tag('p', members).kinds(kinds).since(since));
        }
        if !self.own.is_empty() {
            let kinds = social.chain([
                kind::METADATA,
                kind::FOLLOWS,
                kind::DELETION,
                kind::REACTION,
                kind::VOTE,
                kind::RELAY_LIST,
            ]);
            filters.push(Filter::default().authors(self.own.iter().copied()).kinds(kinds).since(since));
        }
        filters
    }
}

/// The plan for every relay but our own, whose events come by themselves.
pub async fn make(nostr: &Nostr, hub: &Hub) -> Result<BTreeMap<String, Plan>, HubError> {
    let members = nostr.relay().await?.members().clone();
    members.keep_fresh().await?;
    let members = members.all();
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    let own_relay = nostr.relay_url();
    for presence in hub.all_followed(Network::Nostr).await? {
        let Ok(key) = presence.native_id.parse::<Hex32>() else { continue };
        if members.contains_key(&key) || presence.state != PresenceState::Active {
            continue;
        }
        let mut outbox = Facts::of(&presence).outbox();
        if outbox.is_empty() {
            outbox.clone_from(&nostr.options.index_relays);
        }
        // A member of ours may be the only one who writes there; our relay has it anyway.
        for url in outbox.into_iter().filter(|u| u != own_relay).take(PER_PERSON) {
            plans.entry(url).or_default().authors.insert(key);
        }
    }
    let actors: Vec<_> = members.values().copied().collect();
    for presence in hub.presences_of(&actors, Network::Nostr).await? {
        let Ok(key) = presence.native_id.parse::<Hex32>() else { continue };
        let facts = Facts::of(&presence);
        for url in facts.relays.read.into_iter().filter(|u| u != own_relay) {
            plans.entry(url).or_default().members.insert(key);
        }
        for url in facts.relays.write.into_iter().filter(|u| u != own_relay) {
            plans.entry(url).or_default().own.insert(key);
        }
    }
    for url in plans.keys().cloned().collect::<Vec<_>>() {
        let host =
            url::Url::parse(&url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
        if hub.domain_rule(&host).await? == Some(Rule::Block) {
            plans.remove(&url);
        }
    }
    if plans.len() > MOST_RELAYS {
        let mut by_weight: Vec<(String, Plan)> = plans.into_iter().collect();
        by_weight.sort_by_key(|(_, plan)| std::cmp::Reverse(plan.weight()));
        by_weight.truncate(MOST_RELAYS);
        plans = by_weight.into_iter().collect();
    }
    Ok(plans)
}
