//! Keys that were brought along: what other relays hold of their lists (kinds 0, 3, 10002) is fetched and merged before
//! anything of ours replaces it.

use crate::{
    event::{Event, Hex32, kind},
    facts::Facts,
    keys::Signs,
    lookup,
    network::Nostr,
    nips::n65::Relays,
    posting, private,
    stage::{Sent, follow_list, followed_keys, metadata, relay_list, send},
    wire::Filter,
};
use landbridge_hub::{Hub, HubError};
use landbridge_model::{Network, Presence};

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
    let Ok(key) = presence.native_id.parse::<Hex32>() else { return Ok(()) };
    let signs = Signs::of(hub, presence.actor).await?;
    let filter = Filter::default().authors([key]).kinds([
        kind::METADATA,
        kind::FOLLOWS,
        kind::RELAY_LIST,
        kind::DM_RELAYS,
    ]);
    let around = lookup::ask_around(nostr, hub, std::slice::from_ref(&filter), Vec::new(), Some(key)).await?;
    if around.asked > 0 && around.answered == 0 {
        // Nobody answered: what there is must not be taken for nothing, and replaced.
        tracing::info!(key = %presence.native_id, "no relay could be asked about an imported key yet");
        return Ok(());
    }
    let mut found = around.events;
    // The list of relays may name better ones.
    if let Some(list) = newest(&found, kind::RELAY_LIST) {
        found.extend(lookup::ask(nostr, hub, &[filter], Relays::from_event(&list).write, Some(key)).await?);
    }
    let kinds = [kind::METADATA, kind::FOLLOWS, kind::RELAY_LIST, kind::DM_RELAYS];
    let lists = kinds.map(|k| newest(&found, k));
    let [profile, follows, relays, messages] = &lists;
    let mut facts = Facts::of(presence);
    let merged = relay_list(&facts.relays, relays.as_ref());
    facts.unsynced = false;
    facts.relays = Relays::from_tags(&merged.tags);
    facts.relays_at = merged.created_at;
    facts.messages = messages.as_ref().map(private::relays::read).unwrap_or_default();
    // What is protected (NIP-70) is where its author has put it, and nowhere else.
    let held: Vec<Event> = lists.iter().flatten().filter(|e| !e.is_protected()).cloned().collect();
    nostr.relay().await?.store_own(&held).await?;
    if let Some(event) = profile {
        posting::take_over_profile(hub, presence.actor, event).await?;
    }
    if let Some(event) = follows {
        posting::follow_list(nostr, hub, presence.actor, event).await?;
    }
    hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await?;
    let actor = hub.actor(presence.actor).await?;
    let mut templates = vec![metadata(hub, &actor, profile.as_ref()), merged];
    let followed = followed_keys(hub, presence.actor).await?;
    if !followed.is_empty() {
        templates.push(follow_list(follows.as_ref(), &followed, None));
    }
    let relays: Vec<String> = facts.relays.write.iter().chain(&nostr.options.index_relays).cloned().collect();
    for template in templates {
        // An outside signer is asked when the member next acts; its lists stay as they are until then.
        if let Some(event) = signs.sign(&template) {
            let sent = Sent { actor: actor.id, object: actor.id, act: "profile" };
            send(nostr, hub, sent, &event, &relays, Vec::new()).await?;
        }
    }
    private::relays::announce(nostr, hub, presence, messages.as_ref()).await?;
    tracing::info!(key = %presence.native_id, "an imported key is in line with other relays");
    Ok(())
}

fn newest(events: &[Event], kind: kind::Kind) -> Option<Event> {
    events.iter().filter(|e| e.kind == kind).max_by_key(|e| (e.created_at, std::cmp::Reverse(e.id))).cloned()
}
