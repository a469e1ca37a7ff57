//! What arrived on our relay and concerns the hub: taken from the relay's own table, so that nothing is lost between
//! "accepted" and "understood"; and how any event becomes something the hub can receive.

use crate::{
    event::{Class, Event, Hex32, TagsExt, is_hex32, kind},
    facts::Facts,
    names,
    network::Nostr,
    nips::{n13, n19, n25, n56, n65::Relays, n88},
    posting, private,
    relay::{Relay, asks_us_to_vanish},
    stage::event_by_native,
    translate::{post_in, profile, text_in},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use landbridge_hub::{CopyKind, Hub, HubError, Incoming, Refused, Stop, Undone, Via, What, gate::Carrier};
use landbridge_model::{Actor, Id, Network, Time, Visibility};
use landbridge_store::entities::nostr_events;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Events handed to the hub per look.
const BATCH: i64 = 100;
/// Authors whose events are handed over at once.
const AT_ONCE: usize = 4;
/// Longest wait before looking again, should a ring be missed.
const LOOK: Duration = Duration::from_secs(30);
/// What the hub could not take in for so long is given up.
const PATIENCE: Duration = Duration::from_secs(3600);
/// How often what has expired is removed, and what was put off is looked at again; so many.
const SWEEP: Duration = Duration::from_secs(600);
const LOOKED_AGAIN: i64 = 1_000;

/// Works off what waits, until `stop`.
pub async fn run(nostr: Arc<Nostr>, hub: Hub, relay: Relay, mut stop: Stop) {
    let mut swept = tokio::time::Instant::now();
    while !*stop.borrow() {
        let bell = relay.pending().notified();
        match work(&nostr, &hub, &relay).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "events on the relay wait for the hub"),
        }
        if swept.elapsed() > SWEEP {
            swept = tokio::time::Instant::now();
            let mut changes = nostr_events::sweep(Time::now().secs());
            changes.push(nostr_events::look_again(LOOKED_AGAIN));
            if let Err(error) = hub.store().write(changes).await {
                tracing::warn!(%error, "expired events could not be removed");
            }
        }
        tokio::select! {
            () = bell => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Hands one batch to the hub; whether there may be more. The events of one author stay in order, those of several are
/// taken in side by side, so that their writes share commits.
async fn work(nostr: &Nostr, hub: &Hub, relay: &Relay) -> Result<bool, HubError> {
    let rows = hub.store().rows(nostr_events::pending(BATCH)).await?;
    let more = rows.len() as i64 == BATCH;
    let mut heard = Vec::with_capacity(rows.len());
    let mut by_author: HashMap<Hex32, Vec<Waiting>> = HashMap::new();
    let mut wraps = HashMap::new();
    for mut row in rows {
        let (seq, pending, json): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match Event::from_stored(&json) {
            Ok(event) => by_author.entry(event.pubkey).or_default().push(Waiting { seq, pending, event }),
            Err(_) => heard.push(seq),
        }
    }
    let taken = by_author.into_values().map(|events| async move {
        let mut taken = Vec::new();
        for Waiting { seq, pending, event } in events {
            if one(nostr, hub, relay, seq, pending, &event).await {
                taken.push((seq, event));
            }
        }
        taken
    });
    for (seq, event) in stream::iter(taken).buffer_unordered(AT_ONCE).concat().await {
        heard.push(seq);
        if kind::is_wrap(event.kind) {
            wraps.insert(seq, event);
        }
    }
    let progress = !heard.is_empty();
    if progress {
        relay.heard(&heard, wraps).await?;
    }
    Ok(more && progress)
}

/// An event that the hub has not heard of. `pending`: 2 when it is a member's act of now.
struct Waiting {
    seq: i64,
    pending: i64,
    event: Event,
}

/// Whether an event is done with.
async fn one(nostr: &Nostr, hub: &Hub, relay: &Relay, seq: i64, pending: i64, event: &Event) -> bool {
    nostr.note(event);
    let done = match relay.members().of(&event.pubkey) {
        Some(member) if pending == 2 => posting::act(nostr, hub, member, event).await,
        _ => take_in(nostr, hub, event, Via::Delivered, None).await,
    };
    match done {
        Ok(()) => true,
        // What cannot be taken in must not stand in the way of all that came after it, nor for ever.
        Err(Later(why)) if Id(seq).time().plus(PATIENCE) < Time::now() => {
            tracing::warn!(id = %event.id, %why, "an event was given up; it stays on the relay");
            true
        }
        Err(Later(why)) => {
            tracing::warn!(id = %event.id, %why, "an event has to wait");
            false
        }
    }
}

/// Not now: try the same again in a while.
#[derive(Debug)]
pub struct Later(pub String);

/// Translates a verified event and hands it to the hub. What the hub refuses by a rule is done with.
/// `relay`: URL of the one that it was read from; `None`: it was sent to ours.
pub async fn take_in(
    nostr: &Nostr,
    hub: &Hub,
    event: &Event,
    via: Via,
    relay: Option<&str>,
) -> Result<(), Later> {
    if event.has_expired(Time::now().secs()) {
        return Ok(());
    }
    let carrier = carrier(event, relay);
    match event.kind {
        kind::METADATA => return take_in_profile(nostr, hub, event, via, carrier).await,
        kind::FOLLOWS => return take_in_list(nostr, hub, event, via, carrier).await,
        kind::GIFT_WRAP => return private::take_in(nostr, hub, event, &carrier).await,
        kind::OLD_MESSAGE => return private::take_in_old(nostr, hub, event, via, carrier).await,
        _ => {}
    }
    let all = translate(nostr, hub, event, via).await.map_err(|e| Later(e.to_string()))?;
    receive(hub, event, all, &carrier).await
}

/// Whose budget a stranger's event draws from.
fn carrier(event: &Event, relay: Option<&str>) -> Carrier {
    let host = relay.and_then(|url| url::Url::parse(url).ok()).and_then(|url| {
        let host = url.host_str()?;
        Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    });
    Carrier { host, work: n13::work(event) }
}

async fn receive(hub: &Hub, event: &Event, all: Vec<Incoming>, carrier: &Carrier) -> Result<(), Later> {
    for incoming in all {
        match hub.receive_by(incoming, carrier.clone()).await {
            Ok(received) => tracing::debug!(id = %event.id, kind = event.kind, ?received, "event taken in"),
            Err(Refused::Rule(why)) => {
                tracing::debug!(id = %event.id, why, "event refused");
                metrics::counter!("nostr_events_refused_by_hub", "why" => why).increment(1);
            }
            Err(Refused::Later(why)) => return Err(Later(why)),
        }
    }
    Ok(())
}

/// What an event says, with all that goes with it.
pub fn incoming(event: &Event, via: Via, id: Option<String>, what: What) -> Incoming {
    Incoming {
        network: Network::Nostr,
        actor: event.pubkey.to_string(),
        id,
        // A clock that is ahead gains nothing.
        at: Time(Time::from_secs(event.created_at).0.min(Time::now().0)),
        via,
        original: Bytes::copy_from_slice(event.json.as_bytes()),
        what,
    }
}

/// What an event says, in the hub's words. Empty when it has none for it, and when it has expired.
pub async fn translate(nostr: &Nostr, hub: &Hub, event: &Event, via: Via) -> Result<Vec<Incoming>, HubError> {
    if event.has_expired(Time::now().secs()) {
        return Ok(Vec::new());
    }
    let incoming = |id: Option<String>, what: What| incoming(event, via, id, what);
    let id = Some(event.id.to_string());
    let one = |what: What| vec![incoming(id.clone(), what)];
    Ok(match event.kind {
        kind::METADATA => match profile_of(hub, event).await? {
            Some((profile, _)) => one(profile),
            None => Vec::new(),
        },
        kind::RELAY_LIST => {
            learn_relays(hub, event).await?;
            Vec::new()
        }
        kind::REPOST | kind::GENERIC_REPOST => {
            let target = event.tags.value("a").or_else(|| event.tags.value("e")).map(str::to_owned);
            match target.filter(|t| is_hex32(t) || n19::parse_address(t).is_some()) {
                Some(target) => {
                    let mut all: Vec<Incoming> = embedded(nostr, hub, event, &target).await?;
                    all.extend(one(What::Repost { target, visibility: Visibility::Public }));
                    all
                }
                None => Vec::new(),
            }
        }
        kind::REACTION => match n25::read(event) {
            Some(sign) => one(What::React { target: sign.target, content: sign.content, emoji: sign.emoji }),
            None => Vec::new(),
        },
        kind::REPORT => {
            let n56::Report { targets, comment } = n56::read(event);
            one(What::Report { targets, comment })
        }
        kind::VOTE => match n88::voted_in(event) {
            Some(poll) => match event_by_native(hub, poll).await? {
                Some(poll_event) => {
                    let options = n88::options(&poll_event);
                    // As the hub keeps titles.
                    let title = |n: usize| options.get(n).map(|(_, title)| title.trim().to_owned());
                    let choices = n88::choices(&poll_event, event).into_iter().filter_map(title).collect();
                    one(What::Vote { poll: poll.to_owned(), choices, replaces: true })
                }
                None => Vec::new(),
            },
            None => Vec::new(),
        },
        kind::FOLLOWS => {
            let news = follows(hub, event).await?.into_iter().map(|(id, what)| incoming(Some(id), what));
            // A list that takes somebody out closes the way to older ones only: another of the same second may win.
            let before = |at: Time| Time(at.0.saturating_sub(1));
            news.map(|i| if matches!(i.what, What::Undo(_)) { Incoming { at: before(i.at), ..i } } else { i })
                .collect()
        }
        kind::DELETION => deletions(hub, event).await?.into_iter().map(|what| incoming(None, what)).collect(),
        kind::VANISH => match asks_us_to_vanish(event, nostr.relay_url()) {
            true => one(What::Gone),
            // Who leaves another relay has not left this one, nor those who follow them here.
            false => Vec::new(),
        },
        _ => {
            let names = names(hub, event).await?;
            let name = |key: &Hex32| names.get(key).cloned().unwrap_or_else(|| short(key));
            match post_in::read(event, &name) {
                Some(post) if event.class() == Class::Addressable && is_newer_version(hub, event).await? => {
                    one(What::Edit(Box::new(post)))
                }
                Some(post) => one(What::Post(Box::new(post))),
                None => Vec::new(),
            }
        }
    })
}

/// What to call the people named in a text.
async fn names(hub: &Hub, event: &Event) -> Result<HashMap<Hex32, String>, HubError> {
    let mut names = HashMap::new();
    for key in text_in::people(&event.content, 30) {
        if let Some(actor) = hub.actor_by_native(Network::Nostr, &key.to_string()).await? {
            names.insert(key, shown_name(&actor, &key));
        }
    }
    Ok(names)
}

/// What to call somebody in a text.
pub fn shown_name(actor: &landbridge_model::Actor, key: &Hex32) -> String {
    let name = match actor.is_member() || actor.profile.display_name.is_empty() {
        true => actor.username.clone(),
        false => actor.profile.display_name.clone(),
    };
    if name.starts_with("npub1") { short(key) } else { name }
}

/// `npub1abcd…wxyz`
pub fn short(key: &Hex32) -> String {
    let npub = n19::npub(key);
    format!(
        "{}…{}",
        npub.get(..9).unwrap_or_default(),
        npub.get(npub.len().saturating_sub(4)..).unwrap_or_default()
    )
}

/// A profile (kind 0). One at a time, since two relays may tell of two versions at once.
async fn take_in_profile(
    nostr: &Nostr,
    hub: &Hub,
    event: &Event,
    via: Via,
    carrier: Carrier,
) -> Result<(), Later> {
    let later = |e: HubError| Later(e.to_string());
    let turn = nostr.names.turn.lock().await;
    let Some((profile, vouched_before)) = profile_of(hub, event).await.map_err(later)? else { return Ok(()) };
    receive(hub, event, vec![incoming(event, via, Some(event.id.to_string()), profile)], &carrier).await?;
    drop(turn);
    // Nobody waits for the host of somebody else's name.
    names::verify_later(nostr, hub, event, vouched_before).await.map_err(later)
}

/// What a kind 0 says, beside what was known of its author's relays and name; and whether a host vouched for them before. `None`
/// when a newer one is known, and of members.
async fn profile_of(hub: &Hub, event: &Event) -> Result<Option<(What, bool)>, HubError> {
    let key = event.pubkey.to_string();
    let presence = hub.presence_by_native(Network::Nostr, &key).await?;
    let mut facts = presence.as_ref().map(Facts::of).unwrap_or_default();
    if facts.knows_newer_profile(Some(event)) {
        return Ok(None);
    }
    let known = hub.actor_by_native(Network::Nostr, &key).await?;
    if known.as_ref().is_some_and(Actor::is_member) {
        return Ok(None);
    }
    let vouched_before = !facts.vouched_by.is_empty();
    let (verified, vouched_by) = names::settled(event, None, known.as_ref(), &facts);
    facts.note_profile(event);
    facts.vouched_by = vouched_by;
    let domain = hub.config().reserved_domain(Network::Nostr);
    let mut actor = profile::read(&event.pubkey, Some(event), &domain, verified);
    actor.facts = facts.value();
    // Rules for hosts are asked by what is stored: who has left a blocked one comes in again.
    if presence.is_some() {
        hub.set_facts(Network::Nostr, &key, actor.facts.clone()).await?;
    }
    Ok(Some((What::Profile(Box::new(actor)), vouched_before)))
}

/// A newer kind 10002 of somebody who is known here.
pub async fn learn_relays(hub: &Hub, event: &Event) -> Result<(), HubError> {
    let key = event.pubkey.to_string();
    let Some(presence) = hub.presence_by_native(Network::Nostr, &key).await? else { return Ok(()) };
    let mut facts = Facts::of(&presence);
    if event.created_at > facts.relays_at {
        facts.relays = Relays::from_event(event);
        facts.relays_at = event.created_at;
        hub.set_facts(Network::Nostr, &key, facts.value()).await?;
    }
    Ok(())
}

async fn is_newer_version(hub: &Hub, event: &Event) -> Result<bool, HubError> {
    Ok(hub.copy(Network::Nostr, &post_in::native_id(event)).await?.is_some())
}

/// The reposted event, when the repost carries it and it is what it claims to be: no need to ask for it elsewhere.
async fn embedded(nostr: &Nostr, hub: &Hub, repost: &Event, target: &str) -> Result<Vec<Incoming>, HubError> {
    if hub.copy(Network::Nostr, target).await?.is_some() {
        return Ok(Vec::new());
    }
    let Ok(inner) = Event::from_json(&repost.content) else { return Ok(Vec::new()) };
    let posts =
        ![kind::REPOST, kind::GENERIC_REPOST].contains(&inner.kind) && post_in::native_id(&inner) == target;
    match posts && !inner.is_protected() {
        true => Box::pin(translate(nostr, hub, &inner, Via::Fetched)).await,
        false => Ok(Vec::new()),
    }
}

/// A list of follows (kind 3), which replaces the one before as relays see it: whichever comes last is not always the
/// newest. One at a time, since two relays may tell of two versions at once.
async fn take_in_list(
    nostr: &Nostr,
    hub: &Hub,
    event: &Event,
    via: Via,
    carrier: Carrier,
) -> Result<(), Later> {
    let _one = nostr.lists.lock().await;
    let (key, id) = (event.pubkey.to_string(), event.id.to_string());
    let known = |e: HubError| Later(e.to_string());
    if let Some(presence) = hub.presence_by_native(Network::Nostr, &key).await.map_err(known)?
        && !Facts::of(&presence).is_replaced_by(event.created_at, &id)
    {
        return Ok(());
    }
    receive(hub, event, translate(nostr, hub, event, via).await.map_err(known)?, &carrier).await?;
    // Noted last: cut short in between, the same list is taken in again.
    if let Some(presence) = hub.presence_by_native(Network::Nostr, &key).await.map_err(known)? {
        let facts = Facts { list_at: event.created_at, list_id: id, ..Facts::of(&presence) };
        hub.set_facts(Network::Nostr, &key, facts.value()).await.map_err(known)?;
    }
    Ok(())
}

/// What a list of follows changes about members: whom it names anew, and who is not in it any more.
async fn follows(hub: &Hub, event: &Event) -> Result<Vec<(String, What)>, HubError> {
    let named: Vec<String> = event.tags.people().iter().map(Hex32::to_string).collect();
    let mut listed = Vec::new();
    for mut row in hub.store().rows(nostr_events::members_among(&named)).await? {
        listed.push(row.get::<String>(0)?);
    }
    let before = match hub.actor_by_native(Network::Nostr, &event.pubkey.to_string()).await? {
        Some(actor) => hub.followed_members(actor.id, Network::Nostr).await?,
        None => Vec::new(),
    };
    let mut news = Vec::new();
    for target in listed.iter().filter(|k| !before.contains(k)) {
        news.push((format!("{}:{target}", event.id), What::Follow { target: target.clone() }));
    }
    for target in before.into_iter().filter(|k| !listed.contains(k)) {
        let what = Box::new(What::Follow { target: target.clone() });
        news.push((format!("{}:-{target}", event.id), What::Undo(Undone { id: None, what: Some(what) })));
    }
    Ok(news)
}

/// A deletion request, by what each of its targets is here. The hub checks whose they are.
async fn deletions(hub: &Hub, event: &Event) -> Result<Vec<What>, HubError> {
    let mut all = Vec::new();
    let own = |a: &&str| n19::parse_address(a).is_some_and(|(_, author, _)| author == event.pubkey);
    let targets = event.tags.values("e").filter(|id| is_hex32(id)).chain(event.tags.values("a").filter(own));
    for target in targets.take(500) {
        match hub.copy(Network::Nostr, target).await?.map(|c| c.kind) {
            Some(CopyKind::Post) => all.push(What::Delete { target: target.to_owned() }),
            // Unknown: the deletion may have overtaken what it deletes; the hub remembers.
            None if event.tags.values("k").all(|k| !["6", "7", "16", "1018"].contains(&k)) => {
                all.push(What::Delete { target: target.to_owned() });
            }
            _ => all.push(What::Undo(Undone { id: Some(target.to_owned()), what: None })),
        }
    }
    Ok(all)
}
