//! What to ask of which relay.

use crate::{
    event::{Hex32, Kind, kind},
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
/// Keys in one filter, 67 bytes each; and filters in one request, with at most twice as many keys: some relays take no more
/// than 10 filters, or 128 KiB.
const MOST_KEYS: usize = 500;
const MOST_FILTERS: usize = 10;
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
        let social = || POSTS.into_iter().chain([kind::REPOST, kind::GENERIC_REPOST]);
        let mut filters = Vec::new();
        let kinds = social().chain([kind::METADATA, kind::DELETION, kind::RELAY_LIST, kind::VANISH]);
        filters.extend(by(&self.authors, kinds));
        let more = [kind::REACTION, kind::DELETION, kind::VOTE, kind::FOLLOWS, kind::REPORT];
        filters.extend(naming('p', &self.members, social().chain(more)));
        // Alone: some relays refuse whatever asks for it.
        filters.extend(naming('p', &self.members, [kind::OLD_MESSAGE]));
        // Comments name the author of what the conversation is about by `P` (NIP-22).
        filters.extend(naming('P', &self.members, [kind::COMMENT]));
        let kinds = social().chain([
            kind::METADATA,
            kind::FOLLOWS,
            kind::DELETION,
            kind::REACTION,
            kind::VOTE,
            kind::RELAY_LIST,
            kind::BLOCKED_RELAYS,
            kind::DM_RELAYS,
        ]);
        filters.extend(by(&self.own, kinds));
        filters.extend(naming('p', &self.followed, [kind::FOLLOWS]));
        filters.extend(by(&self.followers, [kind::FOLLOWS]));
        let mut filters: Vec<Filter> = filters.into_iter().map(|filter| filter.since(since)).collect();
        // Their dates are moved back.
        let since = since - n59::BACK - 3_600;
        filters.extend(naming('p', &self.wrapped, [kind::GIFT_WRAP]).into_iter().map(|f| f.since(since)));
        filters
    }
}

/// Filters for what these people write.
fn by(authors: &BTreeSet<Hex32>, kinds: impl IntoIterator<Item = Kind>) -> Vec<Filter> {
    in_parts(authors, kinds, |filter, part| filter.authors(part.iter().copied()))
}

/// Filters for what names these people.
fn naming(letter: char, people: &BTreeSet<Hex32>, kinds: impl IntoIterator<Item = Kind>) -> Vec<Filter> {
    in_parts(people, kinds, |filter, part| filter.tag(letter, part.iter().map(Hex32::to_string)))
}

fn in_parts(
    keys: &BTreeSet<Hex32>,
    kinds: impl IntoIterator<Item = Kind>,
    with: impl Fn(Filter, &[Hex32]) -> Filter,
) -> Vec<Filter> {
    let (keys, of_kinds) = (Vec::from_iter(keys.iter().copied()), Filter::default().kinds(kinds));
    keys.chunks(MOST_KEYS).map(|part| with(of_kinds.clone(), part)).collect()
}

/// Filters in the order given, as many together as one request may hold: relays limit its filters and its bytes.
pub fn requests(filters: &[Filter]) -> Vec<Vec<Filter>> {
    let keys = |filter: &Filter| {
        filter.authors.as_ref().map_or(0, Vec::len) + filter.tags.values().map(Vec::len).sum::<usize>()
    };
    let mut requests: Vec<Vec<Filter>> = Vec::new();
    for filter in filters {
        match requests.last_mut() {
            Some(request)
                if request.len() < MOST_FILTERS
                    && request.iter().map(keys).sum::<usize>() + keys(filter) <= 2 * MOST_KEYS =>
            {
                request.push(filter.clone());
            }
            _ => requests.push(vec![filter.clone()]),
        }
    }
    requests
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_people_are_asked_for_in_parts() {
        let key = |n: u16| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&n.to_be_bytes());
            Hex32(key)
        };
        let plan = Plan {
            authors: (0..1_700).map(key).collect(),
            members: (0..600).map(key).collect(),
            wrapped: (0..3).map(key).collect(),
            ..Plan::default()
        };
        let filters = plan.filters(1_000_000);
        // Four of authors, two each of what names members, of old messages, and of comments; and one of wraps.
        assert_eq!(filters.len(), 4 + 3 * 2 + 1);
        let asked: BTreeSet<Hex32> =
            filters.iter().flat_map(|f| f.authors.clone().unwrap_or_default()).collect();
        assert_eq!(asked, plan.authors);
        let requests = requests(&filters);
        assert_eq!(requests.concat(), filters);
        for request in &requests {
            assert!(request.len() <= MOST_FILTERS);
            assert!(crate::wire::req("1", request).len() < 100_000);
        }
    }

    #[test]
    fn old_messages_are_asked_for_alone() {
        let plan = Plan { members: BTreeSet::from([Hex32([1; 32])]), ..Plan::default() };
        let with_old: Vec<Filter> = plan
            .filters(1)
            .into_iter()
            .filter(|f| f.kinds.as_ref().is_some_and(|kinds| kinds.contains(&kind::OLD_MESSAGE)))
            .collect();
        assert_eq!(with_old.len(), 1);
        assert_eq!(with_old[0].kinds, Some(vec![kind::OLD_MESSAGE]));
    }
}
