//! Keys that were brought along: what other relays hold of their lists (kinds 0, 3, 10002) is fetched and merged before
//! anything of ours replaces it.

use crate::{
    event::{Event, Hex32, Template, kind},
    facts::Facts,
    keys::Signs,
    lookup::{self, Found},
    network::Nostr,
    nips::n65::Relays,
    posting, private,
    stage::{Sent, follow_list, followed_keys, held, metadata, relay_list, says_the_same, send},
    wire::Filter,
};
use landbridge_hub::{Hub, HubError};
use landbridge_model::{Network, Presence, Time};

/// Seconds after which a key of which no relay that answers knows anything is taken for a new one.
const PATIENCE: i64 = 86_400;

/// All members whose key is new here.
pub async fn all(nostr: &Nostr, hub: &Hub) -> Result<(), HubError> {
    let members = nostr.relay().await?.members().clone();
    members.keep_fresh().await?;
    let actors: Vec<_> = members.all().values().copied().collect();
    for presence in hub.presences_of(&actors, Network::Nostr).await? {
        if Facts::of(&presence).unsynced {
            one(nostr, hub, &presence).await?;
        }
    }
    Ok(())
}

async fn one(nostr: &Nostr, hub: &Hub, presence: &Presence) -> Result<(), HubError> {
    // As of now: those before may have taken minutes.
    let Some(presence) = hub.presence(presence.actor, Network::Nostr).await? else { return Ok(()) };
    if !Facts::of(&presence).unsynced {
        return Ok(());
    }
    let presence = &presence;
    let Ok(key) = presence.native_id.parse::<Hex32>() else { return Ok(()) };
    let filter = Filter::default().authors([key]).kinds([
        kind::METADATA,
        kind::FOLLOWS,
        kind::RELAY_LIST,
        kind::DM_RELAYS,
    ]);
    let around = lookup::ask_around(nostr, hub, std::slice::from_ref(&filter), Vec::new(), Some(key)).await?;
    if !can_be_believed(hub, presence, &around).await? {
        tracing::info!(key = %presence.native_id, "an imported key was not found yet, and not everybody has answered");
        return Ok(());
    }
    let mut found = around.events;
    // The list of relays may name better ones.
    if let Some(list) = newest(&found, kind::RELAY_LIST) {
        found.extend(lookup::ask(nostr, hub, &[filter], Relays::from_event(&list).write, Some(key)).await?);
    }
    let kinds = [kind::METADATA, kind::FOLLOWS, kind::RELAY_LIST, kind::DM_RELAYS];
    let lists = kinds.map(|k| newest(&found, k));
    // What is protected (NIP-70) is where its author has put it, and nowhere else.
    let all: Vec<Event> = lists.iter().flatten().filter(|e| !e.is_protected()).cloned().collect();
    nostr.relay().await?.store_own(&all).await?;
    let [profile, follows, relays, messages] = lists;
    // Of what is learnt here nothing is said on Nostr, where it comes from: that waits until all is merged.
    if let Some(event) = &profile {
        posting::take_over_profile(hub, presence.actor, event, None).await?;
    }
    if let Some(event) = &follows {
        posting::learn_follows(nostr, hub, presence.actor, event).await?;
    }
    // The member's acts wait until the lists are merged; an app may have written newer ones meanwhile.
    let _turn = hub.turn(presence.actor).await;
    let profile = held(hub, kind::METADATA, presence).await?.or(profile).map(Template::from);
    let follows = held(hub, kind::FOLLOWS, presence).await?.or(follows).map(Template::from);
    let relays = held(hub, kind::RELAY_LIST, presence).await?.or(relays).map(Template::from);
    let messages = held(hub, kind::DM_RELAYS, presence).await?.or(messages);
    let Some(mut current) = hub.presence(presence.actor, Network::Nostr).await? else { return Ok(()) };
    let mut facts = Facts::of(&current);
    let merged = relay_list(&facts.relays, relays.as_ref());
    facts.unsynced = false;
    facts.sought_since = 0;
    facts.relays = Relays::from_tags(&merged.tags);
    facts.relays_at = merged.created_at;
    facts.messages = messages.as_ref().map(private::relays::read).unwrap_or_default();
    current.facts = facts.value();
    hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await?;
    let actor = hub.actor(presence.actor).await?;
    let followed = followed_keys(hub, presence.actor).await?;
    let templates = [
        (metadata(hub, &actor, &actor, profile.as_ref()), profile),
        (merged, relays),
        (follow_list(follows.as_ref(), &followed, None), follows),
    ];
    let nothing = |template: &Template| template.kind == kind::FOLLOWS && template.tags.is_empty();
    let signs = Signs::of(hub, presence.actor).await?;
    let places: Vec<String> = facts.relays.write.iter().chain(&nostr.options.index_relays).cloned().collect();
    for (template, base) in templates {
        if says_the_same(&template, base.as_ref()) || nothing(&template) {
            continue;
        }
        // An outside signer is asked when the member next acts; its lists stay as they are until then.
        if let Some(event) = signs.sign(&template) {
            let sent = Sent { actor: actor.id, object: actor.id, act: "profile" };
            send(nostr, hub, sent, &event, &places, Vec::new()).await?;
        }
    }
    private::relays::announce(nostr, hub, &current, messages.as_ref()).await?;
    tracing::info!(key = %presence.native_id, "an imported key is in line with other relays");
    Ok(())
}

/// Whether what was not found is not there: what there is must not be taken for nothing, and replaced. Either other relays
/// know the key, or all have answered that they do not, or some say so for so long that the silent ones are given up.
async fn can_be_believed(hub: &Hub, presence: &Presence, around: &Found) -> Result<bool, HubError> {
    if around.told > 0 || around.answered == around.asked {
        return Ok(true);
    }
    // The asking takes a while, and notes what it learns.
    let Some(presence) = hub.presence(presence.actor, Network::Nostr).await? else { return Ok(false) };
    let (now, mut facts) = (Time::now().secs(), Facts::of(&presence));
    if facts.sought_since == 0 {
        facts.sought_since = now;
        hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await?;
    }
    Ok(around.answered > 0 && now - facts.sought_since > PATIENCE)
}

fn newest(events: &[Event], kind: kind::Kind) -> Option<Event> {
    events.iter().filter(|e| e.kind == kind).max_by_key(|e| (e.created_at, std::cmp::Reverse(e.id))).cloned()
}
