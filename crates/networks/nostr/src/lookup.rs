//! Looking things up: codes (NIP-19, NIP-21), names (NIP-05), ids; the conversation around a post; somebody's latest.

use crate::{
    event::{Event, Hex32, TagsExt, is_hex32, kind},
    facts::{Facts, remember_hints},
    inbound, names,
    network::Nostr,
    nips::{n05, n19, n19::Pointer},
    translate::{post_in, profile},
    wire::Filter,
};
use bytes::Bytes;
use landbridge_hub::{Hub, HubError, Incoming, Via, What};
use landbridge_model::{Actor, Network, Time};
use std::collections::HashSet;

/// Relays asked for one thing.
const MOST_RELAYS: usize = 6;
/// Events of a conversation, and of somebody's latest.
const MOST_EVENTS: usize = 100;

/// Kinds that are posts.
pub const POSTS: [kind::Kind; 9] = [
    kind::NOTE,
    kind::PICTURE,
    kind::VIDEO,
    kind::SHORT_VIDEO,
    kind::POLL,
    kind::COMMENT,
    kind::ARTICLE,
    kind::ADDRESSABLE_VIDEO,
    kind::ADDRESSABLE_SHORT_VIDEO,
];

pub async fn resolve(nostr: &Nostr, hub: &Hub, text: &str) -> Result<Vec<Incoming>, HubError> {
    let text = text.trim();
    let reserved = format!("@{}", hub.config().reserved_domain(Network::Nostr));
    let code = text.trim_start_matches('@');
    let code = code.strip_suffix(&reserved).unwrap_or(code);
    // Pages of web apps end with the code: https://njump.me/nevent1...
    let code = match url::Url::parse(code) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let last = url.path_segments().and_then(|mut s| s.next_back()).unwrap_or_default().to_owned();
            if Pointer::parse(&last).is_none() {
                return Ok(Vec::new());
            }
            last
        }
        _ => code.to_owned(),
    };
    if let Some(pointer) = Pointer::parse(&code) {
        return at(nostr, hub, &pointer).await;
    }
    if code.contains('@')
        && let Some((name, host)) = n05::split(&code)
        && let Ok(Some(found)) = n05::look_up(hub.fetcher(), &name, &host).await
    {
        let verified = format!("{name}@{host}");
        return profile_named(nostr, hub, &found.key, found.relays, Some(&verified)).await;
    }
    Ok(Vec::new())
}

async fn at(nostr: &Nostr, hub: &Hub, pointer: &Pointer) -> Result<Vec<Incoming>, HubError> {
    match pointer {
        Pointer::Profile { key, relays } => profile_named(nostr, hub, key, relays.clone(), None).await,
        Pointer::Event { id, author, relays, .. } => {
            let filter = Filter::default().ids([*id]).limit(1);
            posts(nostr, hub, vec![filter], relays.clone(), *author).await
        }
        Pointer::Address { kind, author, d, relays } => {
            let filter = Filter::default().kinds([*kind]).authors([*author]).tag('d', [d.clone()]).limit(1);
            posts(nostr, hub, vec![filter], relays.clone(), Some(*author)).await
        }
    }
}

/// A post by event id or address, or else somebody by key.
pub async fn fetch(nostr: &Nostr, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
    if let Some((kind, author, d)) = n19::parse_address(native_id) {
        return at(nostr, hub, &Pointer::Address { kind, author, d, relays: Vec::new() }).await;
    }
    let Ok(id) = native_id.parse::<Hex32>() else { return Ok(Vec::new()) };
    // Ids and keys look alike: whoever wrote something that was checked here is a person.
    let person =
        nostr.authors.contains(&id) || hub.presence_by_native(Network::Nostr, native_id).await?.is_some();
    if person {
        return fetch_profile(nostr, hub, native_id).await;
    }
    let found = posts(nostr, hub, vec![Filter::default().ids([id]).limit(1)], Vec::new(), None).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    match newest_profile(nostr, hub, &id, Vec::new()).await? {
        Some(_) => fetch_profile(nostr, hub, native_id).await,
        None => Ok(Vec::new()),
    }
}

pub async fn fetch_profile(nostr: &Nostr, hub: &Hub, key: &str) -> Result<Vec<Incoming>, HubError> {
    profile_at(nostr, hub, key, Vec::new()).await
}

pub async fn profile_at(
    nostr: &Nostr,
    hub: &Hub,
    key: &str,
    relays: Vec<String>,
) -> Result<Vec<Incoming>, HubError> {
    match key.parse() {
        Ok(key) => profile_named(nostr, hub, &key, relays, None).await,
        Err(_) => Ok(Vec::new()),
    }
}

/// Somebody's profile: the newest kind 0 found, else the bare key, which is somebody too.
async fn profile_named(
    nostr: &Nostr,
    hub: &Hub,
    key: &Hex32,
    relays: Vec<String>,
    verified: Option<&str>,
) -> Result<Vec<Incoming>, HubError> {
    if secp256k1::XOnlyPublicKey::from_slice(&key.0).is_err() {
        return Ok(Vec::new());
    }
    let event = newest_profile(nostr, hub, key, relays.clone()).await?;
    let says = match (verified, event.as_ref().and_then(profile::claimed_name)) {
        (None, Some(claim)) => nostr.names.is_of(hub, key, &claim).await,
        _ => None,
    };
    let native_id = key.to_string();
    let known = hub.actor_by_native(Network::Nostr, &native_id).await?;
    let is_member = known.as_ref().is_some_and(Actor::is_member);
    let before = hub.presence_by_native(Network::Nostr, &native_id).await?.as_ref().map(Facts::of);
    let mut facts = before.clone().unwrap_or_default();
    let (mut field, mut vouched_by) = match &event {
        Some(event) => names::settled(event, says, known.as_ref(), &facts),
        None => (None, String::new()),
    };
    if let Some(name) = verified {
        let named = profile::verified(name, Time::now());
        let voucher = event.as_ref().map(|event| profile::voucher(event, Some(&named)));
        if let Some(host) = voucher.filter(|host| !host.is_empty()) {
            vouched_by = host;
        }
        field = Some(named);
    }
    let domain = hub.config().reserved_domain(Network::Nostr);
    let mut actor = profile::read(key, event.as_ref(), &domain, field);
    match &event {
        event if facts.knows_newer_profile(event.as_ref()) => {
            if let Some(known) = known {
                (actor.kind, actor.profile) = (known.kind, known.profile);
            }
        }
        Some(event) => {
            facts.note_profile(event);
            facts.vouched_by = vouched_by;
        }
        None => {}
    }
    facts.hint(relays);
    if let Some(list) = nostr.relay_lists.get(key).filter(|e| e.created_at > facts.relays_at) {
        facts.relays = crate::nips::n65::Relays::from_event(&list);
        facts.relays_at = list.created_at;
    }
    actor.facts = facts.value();
    // Rules for hosts are asked by what is stored: who has left a blocked one comes in again.
    if !is_member && before.is_some_and(|before| before != facts) {
        hub.set_facts(Network::Nostr, &native_id, actor.facts.clone()).await?;
    }
    Ok(vec![Incoming {
        network: Network::Nostr,
        actor: key.to_string(),
        id: event.as_ref().map(|e| e.id.to_string()),
        at: event.as_ref().map_or_else(Time::now, |e| Time::from_secs(e.created_at)),
        via: Via::Fetched,
        original: event.map(|e| Bytes::copy_from_slice(e.json.as_bytes())).unwrap_or_default(),
        what: What::Profile(Box::new(actor)),
    }])
}

/// The newest kind 0 of a key, at the relays given and wherever the key is known to write; its relay list is noted on
/// the way.
async fn newest_profile(
    nostr: &Nostr,
    hub: &Hub,
    key: &Hex32,
    relays: Vec<String>,
) -> Result<Option<Event>, HubError> {
    if let Some(event) = nostr.profiles.get(key) {
        return Ok(Some(event));
    }
    let filter = Filter::default().authors([*key]).kinds([kind::METADATA, kind::RELAY_LIST]);
    let found = ask(nostr, hub, &[filter], relays, Some(*key)).await?;
    let newest = |kind| found.iter().filter(|e| e.kind == kind).max_by_key(|e| e.created_at).cloned();
    if let Some(list) = newest(kind::RELAY_LIST) {
        inbound::learn_relays(hub, &list).await?;
        nostr.relay_lists.insert(*key, list);
    }
    let event = newest(kind::METADATA);
    if let Some(event) = &event {
        nostr.profiles.insert(*key, event.clone());
    }
    Ok(event)
}

async fn posts(
    nostr: &Nostr,
    hub: &Hub,
    filters: Vec<Filter>,
    relays: Vec<String>,
    author: Option<Hex32>,
) -> Result<Vec<Incoming>, HubError> {
    let events = ask(nostr, hub, &filters, relays, author).await?;
    let newest = events.into_iter().filter(|e| POSTS.contains(&e.kind)).max_by_key(|e| e.created_at);
    match newest {
        Some(event) => translate_all(nostr, hub, &[event]).await,
        None => Ok(Vec::new()),
    }
}

async fn translate_all(nostr: &Nostr, hub: &Hub, events: &[Event]) -> Result<Vec<Incoming>, HubError> {
    let mut all = Vec::new();
    for event in events {
        all.extend(inbound::translate(nostr, hub, event, Via::Fetched).await?);
    }
    Ok(all)
}

/// The conversation: everything that names its root, oldest first.
pub async fn thread(nostr: &Nostr, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
    let Some(event) = crate::stage::event_by_native(hub, native_id).await? else { return Ok(Vec::new()) };
    let above = post_in::thread(&event);
    let root = above.root.clone().unwrap_or_else(|| native_id.to_owned());
    let mut wanted: Vec<Hex32> =
        [&above.root, &above.parent].into_iter().flatten().filter_map(|id| id.parse().ok()).collect();
    wanted.dedup();
    let limit = MOST_EVENTS as u32;
    let answers = match is_hex32(&root) {
        true => vec![
            Filter::default().kinds([kind::NOTE]).tag('e', [root.clone()]).limit(limit),
            Filter::default().kinds([kind::COMMENT]).tag('E', [root.clone()]).limit(limit),
        ],
        false => vec![Filter::default().kinds([kind::COMMENT]).tag('A', [root.clone()]).limit(limit)],
    };
    let mut filters = answers;
    if !wanted.is_empty() {
        filters.push(Filter::default().ids(wanted));
    }
    let hints = event.tags.named("e").filter_map(|t| t.get(2).cloned()).filter(|u| !u.is_empty()).collect();
    let root_author = event
        .tags
        .named("e")
        .find(|t| t.get(1) == Some(&root))
        .and_then(|t| t.get(4))
        .and_then(|a| a.parse().ok());
    let mut events = ask(nostr, hub, &filters, hints, Some(root_author.unwrap_or(event.pubkey))).await?;
    events.retain(|e| POSTS.contains(&e.kind));
    events.sort_by_key(|e| e.created_at);
    translate_all(nostr, hub, &events).await
}

pub async fn recent(nostr: &Nostr, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
    let Ok(key) = native_id.parse::<Hex32>() else { return Ok(Vec::new()) };
    let filter = Filter::default().authors([key]).kinds(POSTS).limit(20);
    let mut events = ask(nostr, hub, &[filter], Vec::new(), Some(key)).await?;
    events.sort_by_key(|e| e.created_at);
    translate_all(nostr, hub, &events).await
}

/// Asks our own relay, the relays given, those where `author` writes, and the index relays, all at once: verified
/// events, each once.
pub async fn ask(
    nostr: &Nostr,
    hub: &Hub,
    filters: &[Filter],
    relays: Vec<String>,
    author: Option<Hex32>,
) -> Result<Vec<Event>, HubError> {
    Ok(ask_around(nostr, hub, filters, relays, author).await?.events)
}

/// What was found, how many relays but ours were asked and answered, and how many events those told of: finding nothing
/// means little when one that was asked did not answer.
pub struct Found {
    pub events: Vec<Event>,
    pub asked: usize,
    pub answered: usize,
    pub told: usize,
}

/// Like [`ask`], saying who answered.
pub async fn ask_around(
    nostr: &Nostr,
    hub: &Hub,
    filters: &[Filter],
    relays: Vec<String>,
    author: Option<Hex32>,
) -> Result<Found, HubError> {
    let mut urls: Vec<String> = relays.iter().filter_map(|u| crate::nips::n65::normal(u)).collect();
    if let Some(author) = author {
        if let Some(presence) = hub.presence_by_native(Network::Nostr, &author.to_string()).await? {
            urls.extend(Facts::of(&presence).outbox());
        }
        if !relays.is_empty() {
            remember_hints(hub, &author.to_string(), relays).await;
        }
    }
    urls.extend(nostr.options.index_relays.iter().cloned());
    let mut seen = HashSet::new();
    urls.retain(|u| u != nostr.relay_url() && seen.insert(u.clone()));
    urls.truncate(MOST_RELAYS);
    let mut events = own(nostr, filters).await?;
    let mut ids: HashSet<Hex32> = events.iter().map(|e| e.id).collect();
    let asked = urls.iter().map(|url| nostr.pool.query(url, filters, MOST_EVENTS * 2, None));
    let (mut answered, mut told) = (0, 0);
    for answer in futures_util::future::join_all(asked).await {
        match answer {
            Ok(found) => {
                answered += 1;
                told += found.len();
                events.extend(found.into_iter().filter(|e| ids.insert(e.id)));
            }
            Err(error) => tracing::debug!(%error, "a relay did not answer"),
        }
    }
    // Not noted as taken in: what is only looked up may still arrive, and then be told to followers.
    for event in &events {
        nostr.authors.insert(event.pubkey, ());
    }
    Ok(Found { events, asked: urls.len(), answered, told })
}

/// What our own relay holds.
async fn own(nostr: &Nostr, filters: &[Filter]) -> Result<Vec<Event>, HubError> {
    let stored = nostr.relay().await?.stored(filters).await?;
    Ok(stored.iter().filter_map(|json| Event::from_stored(json).ok()).collect())
}
