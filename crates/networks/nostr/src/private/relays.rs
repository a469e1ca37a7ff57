//! Where people want their private messages (kind 10050, NIP-17): learnt of others, said of members.

use crate::{
    event::{Event, Hex32, Tag, TagsExt, Template, kind},
    facts::Facts,
    keys::Signs,
    lookup,
    network::Nostr,
    nips::n65,
    stage::{Sent, held, send},
    translate::profile,
    wire::Filter,
};
use landbridge_hub::{Hub, HubError, gate::PrivateFrom};
use landbridge_model::{Id, Network, Presence, PresenceState, Time};

/// Relays that a list can name.
const MOST: usize = 5;
/// Seconds that what was found is believed, and that somebody is not asked for again when nothing was.
const FRESH: i64 = 6 * 3_600;
const ASK_AGAIN: i64 = 600;

/// The relays that a list names.
pub fn read(list: &Event) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for url in list.tags.values("relay").filter_map(n65::normal) {
        if !urls.contains(&url) && urls.len() < MOST {
            urls.push(url);
        }
    }
    urls
}

/// Where somebody wants their messages; empty: nowhere. Asks around when that is not known, or not any more.
pub async fn of(nostr: &Nostr, hub: &Hub, presence: &Presence) -> Result<Vec<String>, HubError> {
    let Ok(key) = presence.native_id.parse::<Hex32>() else { return Ok(Vec::new()) };
    if nostr.relay().await?.members().of(&key).is_some() {
        return of_member(nostr, hub, presence).await;
    }
    let (facts, now) = (Facts::of(presence), Time::now().secs());
    let patience = if facts.messages.is_empty() { ASK_AGAIN } else { FRESH };
    if now - facts.messages_asked < patience {
        return Ok(facts.messages);
    }
    let filter = Filter::default().authors([key]).kinds([kind::DM_RELAYS]).limit(3);
    let around = lookup::ask_around(nostr, hub, &[filter], facts.hints.clone(), Some(key)).await?;
    let newest = around.events.iter().filter(|e| e.kind == kind::DM_RELAYS).max_by_key(|e| e.created_at);
    // The asking may have left hints.
    let known = hub.presence_by_native(Network::Nostr, &presence.native_id).await?;
    let mut facts = known.as_ref().map_or(facts, Facts::of);
    match newest {
        Some(list) => facts.messages = read(list),
        // Nobody has answered: what was known stays.
        None if around.answered == 0 && around.asked > 0 => {}
        None => facts.messages.clear(),
    }
    facts.messages_asked = now;
    let relays = facts.messages.clone();
    hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await?;
    Ok(relays)
}

/// Where a member's other apps find their messages: as their list says, or here.
pub async fn of_member(nostr: &Nostr, hub: &Hub, presence: &Presence) -> Result<Vec<String>, HubError> {
    if presence.state != PresenceState::Active {
        return Ok(Vec::new());
    }
    Ok(match held(hub, kind::DM_RELAYS, presence).await? {
        Some(list) => read(&list),
        None => vec![nostr.relay_url().to_owned()],
    })
}

/// A member's own app has written another list.
pub async fn learn(hub: &Hub, member: Id, list: &Event) -> Result<(), HubError> {
    let Some(presence) = hub.presence(member, Network::Nostr).await? else { return Ok(()) };
    let facts = Facts { messages: read(list), ..Facts::of(&presence) };
    hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await
}

/// The list that has to replace what there is; `None` when that is right. A list that an app of the member has written
/// stays as it is; who wants no messages is not found here.
pub fn list(ours: &str, wanted: bool, base: Option<&Event>) -> Option<Template> {
    let named = base.map(read).unwrap_or_default();
    let is_ours = |tag: &Tag| tag.get(1).and_then(|url| n65::normal(url)).is_some_and(|url| url == ours);
    let mut tags: Vec<Tag> = base.map(|list| list.tags.clone()).unwrap_or_default();
    match wanted {
        true if named.is_empty() => tags.push(vec!["relay".into(), ours.into()]),
        false if named.iter().any(|url| url == ours) => tags.retain(|tag| !is_ours(tag)),
        _ => return None,
    }
    let created_at = profile::after(base.map(|list| list.created_at));
    Some(Template { created_at, kind: kind::DM_RELAYS, tags, content: String::new() })
}

/// Says of every member who was here before where they take messages. An outside signer is not asked: its owner's list is
/// made with the next change of the profile.
pub async fn announce_all(nostr: &Nostr, hub: &Hub) -> Result<(), HubError> {
    let members = nostr.relay().await?.members().clone();
    members.keep_fresh().await?;
    let actors: Vec<Id> = members.all().values().copied().collect();
    for presence in hub.presences_of(&actors, Network::Nostr).await? {
        let facts = Facts::of(&presence);
        if facts.unsynced || held(hub, kind::DM_RELAYS, &presence).await?.is_some() {
            continue;
        }
        announce(nostr, hub, &presence, None).await?;
    }
    Ok(())
}

/// Says of one member where they take messages, if that is not said already.
pub async fn announce(
    nostr: &Nostr,
    hub: &Hub,
    presence: &Presence,
    base: Option<&Event>,
) -> Result<(), HubError> {
    let wanted = hub.private_from(presence.actor).await? == PrivateFrom::Everybody;
    let Some(template) = list(nostr.relay_url(), wanted, base) else { return Ok(()) };
    if let Some(event) = Signs::of(hub, presence.actor).await?.sign(&template) {
        let facts = Facts::of(presence);
        let relays: Vec<String> =
            facts.relays.write.iter().chain(&nostr.options.index_relays).cloned().collect();
        let sent = Sent { actor: presence.actor, object: presence.actor, act: "profile" };
        send(nostr, hub, sent, &event, &relays, Vec::new()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    const OURS: &str = "wss://ours.example/relay";

    fn event(relays: &[&str]) -> Event {
        let tags = relays.iter().map(|url| vec!["relay".to_owned(), url.to_string()]).collect();
        Keys::generate().sign(Template { created_at: 1, kind: kind::DM_RELAYS, tags, content: String::new() })
    }

    #[test]
    fn ours_is_named_where_nothing_is_and_taken_out_on_request() {
        let urls = |template: Option<Template>| {
            template.map(|t| t.tags.values("relay").map(str::to_owned).collect())
        };
        let none: Option<Vec<String>> = None;
        assert_eq!(urls(list(OURS, true, None)), Some(vec![OURS.to_owned()]));
        assert_eq!(urls(list(OURS, true, Some(&event(&[])))), Some(vec![OURS.to_owned()]));
        assert_eq!(urls(list(OURS, true, Some(&event(&["wss://other.example"])))), none);
        assert_eq!(urls(list(OURS, false, None)), none);
        assert_eq!(urls(list(OURS, false, Some(&event(&["wss://other.example"])))), none);
        let both = event(&["wss://other.example", OURS]);
        assert_eq!(urls(list(OURS, false, Some(&both))), Some(vec!["wss://other.example".to_owned()]));
    }

    #[test]
    fn lists_are_short_and_of_relays() {
        let many: Vec<String> = (0..20).map(|n| format!("wss://r{n}.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(read(&event(&many)).len(), MOST);
        assert!(read(&event(&["https://no.example", "nonsense"])).is_empty());
    }
}
