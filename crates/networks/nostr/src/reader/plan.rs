//! What to ask of which relay.

use crate::{
    event::{Hex32, kind},
    facts::Facts,
    lookup::POSTS,
    network::Nostr,
    nips::n59,
    wire::Filter,
};
use landbridge_hub::{Hub, HubError, moderation::Rule};
use landbridge_model::{Id, Network, Presence, PresenceState};
use landbridge_store::entities::follows;
use std::collections::{BTreeMap, BTreeSet};

/// Relays read per person: a second one covers for the first when it is away.
const PER_PERSON: usize = 2;
/// Followers whose lists one relay is asked for.
const MOST_FOLLOWERS: usize = 1_000;
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
    /// Members whose private messages: their lists of relays for them name it (kind 10050).
    pub wrapped: BTreeSet<Hex32>,
    /// Members whose followers: an index relay has everybody's lists of follows.
    pub followed: BTreeSet<Hex32>,
    /// Followers of members, whose lists of follows: that somebody has left shows only there.
    pub followers: BTreeSet<Hex32>,
}

impl Plan {
    fn weight(&self) -> usize {
        self.authors.len()
            + self.followers.len() / 10
            + 10 * (self.members.len() + self.own.len() + self.wrapped.len())
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
            let more =
                [kind::REACTION, kind::DELETION, kind::VOTE, kind::FOLLOWS, kind::OLD_MESSAGE, kind::REPORT];
            let kinds = social.clone().chain(more);
            let members = self.members.iter().map(Hex32::to_string);
            // Comments name the author of what the conversation is about by `P` (NIP-22).
            let roots = Filter::default().tag('P', members.clone()).kinds([kind::COMMENT]).since(since);
            filters.push(Filter::default().tag('p', members).kinds(kinds).since(since));
            filters.push(roots);
        }
        if !self.own.is_empty() {
            let kinds = social.chain([
                kind::METADATA,
                kind::FOLLOWS,
                kind::DELETION,
                kind::REACTION,
                kind::VOTE,
                kind::RELAY_LIST,
                kind::BLOCKED_RELAYS,
                kind::DM_RELAYS,
            ]);
            filters.push(Filter::default().authors(self.own.iter().copied()).kinds(kinds).since(since));
        }
        if !self.wrapped.is_empty() {
            let members = self.wrapped.iter().map(Hex32::to_string);
            // Their dates are moved back.
            let since = since - n59::BACK - 3_600;
            filters.push(Filter::default().tag('p', members).kinds([kind::GIFT_WRAP]).since(since));
        }
        if !self.followed.is_empty() {
            let followed = self.followed.iter().map(Hex32::to_string);
            filters.push(Filter::default().tag('p', followed).kinds([kind::FOLLOWS]).since(since));
        }
        if !self.followers.is_empty() {
            let followers = self.followers.iter().copied();
            filters.push(Filter::default().authors(followers).kinds([kind::FOLLOWS]).since(since));
        }
        filters
    }
}

/// The plan for every relay but our own, whose events come by themselves, and but those that the members concerned have
/// blocked (kind 10006).
pub async fn make(nostr: &Nostr, hub: &Hub) -> Result<BTreeMap<String, Plan>, HubError> {
    let members = nostr.relay().await?.members().clone();
    members.keep_fresh().await?;
    let members = members.all();
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    let own_relay = nostr.relay_url();
    let stranger = |presence: &Presence| {
        let key = presence.native_id.parse::<Hex32>().ok()?;
        (!members.contains_key(&key) && presence.state == PresenceState::Active).then_some(key)
    };
    let outbox = |presence: &Presence| {
        let known = Facts::of(presence).outbox();
        let urls = if known.is_empty() { nostr.options.index_relays.clone() } else { known };
        // A member of ours may be the only one who writes there; our relay has it anyway.
        urls.into_iter().filter(|u| u != own_relay)
    };
    for presence in hub.all_followed(Network::Nostr).await? {
        let Some(key) = stranger(&presence) else { continue };
        for url in outbox(&presence).take(PER_PERSON) {
            plans.entry(url).or_default().authors.insert(key);
        }
    }
    for presence in hub.all_followers(Network::Nostr).await? {
        let Some(key) = stranger(&presence) else { continue };
        for url in outbox(&presence).take(PER_PERSON) {
            let followers = &mut plans.entry(url).or_default().followers;
            if followers.len() < MOST_FOLLOWERS {
                followers.insert(key);
            }
        }
    }
    let actors: Vec<_> = members.values().copied().collect();
    let mut blocking: BTreeMap<String, BTreeSet<Id>> = BTreeMap::new();
    for presence in hub.presences_of(&actors, Network::Nostr).await? {
        let Ok(key) = presence.native_id.parse::<Hex32>() else { continue };
        let facts = Facts::of(&presence);
        let wanted = |u: &String| u != own_relay && !facts.blocked.contains(u);
        for url in facts.relays.read.iter().filter(|u| wanted(u)) {
            plans.entry(url.clone()).or_default().members.insert(key);
        }
        for url in facts.relays.write.iter().filter(|u| wanted(u)) {
            plans.entry(url.clone()).or_default().own.insert(key);
        }
        for url in facts.messages.iter().filter(|u| wanted(u)) {
            plans.entry(url.clone()).or_default().wrapped.insert(key);
        }
        for url in nostr.options.index_relays.iter().filter(|u| wanted(u)) {
            plans.entry(url.clone()).or_default().followed.insert(key);
        }
        for url in facts.blocked {
            blocking.entry(url).or_default().insert(presence.actor);
        }
    }
    for (url, by) in blocking {
        if let Some(plan) = plans.get_mut(&url) {
            leave_out(hub, plan, &by).await?;
        }
    }
    plans.retain(|_, plan| *plan != Plan::default());
    for url in plans.keys().cloned().collect::<Vec<_>>() {
        let host =
            url::Url::parse(&url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
        match hub.domain_rule(&host).await? {
            Some(Rule::Block) => _ = plans.remove(&url),
            // What strangers address to members there is not asked for; whom members follow is.
            Some(Rule::Limit) => {
                if let Some(plan) = plans.get_mut(&url) {
                    plan.members.clear();
                    plan.followed.clear();
                }
            }
            Some(Rule::Allow) | None => {}
        }
    }
    plans.retain(|_, plan| *plan != Plan::default());
    if plans.len() > MOST_RELAYS {
        let mut by_weight: Vec<(String, Plan)> = plans.into_iter().collect();
        by_weight.sort_by_key(|(_, plan)| std::cmp::Reverse(plan.weight()));
        by_weight.truncate(MOST_RELAYS);
        plans = by_weight.into_iter().collect();
    }
    Ok(plans)
}

/// Leaves out whose posts nobody wants from a relay but members who have blocked it.
async fn leave_out(hub: &Hub, plan: &mut Plan, blocked_by: &BTreeSet<Id>) -> Result<(), HubError> {
    for key in plan.authors.clone() {
        let query = follows::members_following_native(Network::Nostr, &key.to_string());
        let mut wanted = false;
        for mut row in hub.store().rows(query).await? {
            wanted |= !blocked_by.contains(&row.get(0)?);
        }
        if !wanted {
            plan.authors.remove(&key);
        }
    }
    Ok(())
}
