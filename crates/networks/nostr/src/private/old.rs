//! Old private messages (NIP-04, kind 4): anybody sees who writes to whom. They are shown, and never written.

use crate::{
    event::{Event, Hex32, TagsExt},
    inbound::Later,
    keys,
    network::Nostr,
    nips::n44,
};
use bytes::Bytes;
use landbridge_hub::{Draft, Hub, HubError, InPost, Incoming, Origin, Refused, Via, What, gate::Carrier};
use landbridge_model::{Id, Network, RichText, Time, Visibility, richtext::compose};

/// To a member, from somebody else.
pub async fn take_in(
    nostr: &Nostr,
    hub: &Hub,
    event: &Event,
    via: Via,
    carrier: Carrier,
) -> Result<(), Later> {
    let later = |error: HubError| Later(error.to_string());
    let Some(key) = recipient(event) else { return Ok(()) };
    let Some(member) = nostr.relay().await.map_err(later)?.members().of(&key) else { return Ok(()) };
    let settings = hub.member(member).await.map_err(later)?.settings;
    let Some(text) = text(hub, member, &event.pubkey, event).await.map_err(later)? else { return Ok(()) };
    let known = hub.actor_by_native(Network::Nostr, &event.pubkey.to_string()).await.map_err(later)?;
    if !settings.private_messages {
        return Ok(());
    }
    if known.is_none() && !super::welcome(nostr, hub, member, &event.pubkey, &event.id).await? {
        return Ok(());
    }
    let post = InPost {
        native_id: event.id.to_string(),
        author: event.pubkey.to_string(),
        published: Time::from_secs(event.created_at),
        visibility: Some(Visibility::Direct),
        addressed: vec![key.to_string()],
        text,
        quote_free: true,
        ..InPost::default()
    };
    let incoming = Incoming {
        network: Network::Nostr,
        actor: event.pubkey.to_string(),
        id: Some(event.id.to_string()),
        at: Time(Time::from_secs(event.created_at).0.min(Time::now().0)),
        via,
        original: Bytes::copy_from_slice(event.json.as_bytes()),
        what: What::Post(Box::new(post)),
    };
    match hub.receive_by(incoming, carrier).await {
        Err(Refused::Later(why)) => Err(Later(why)),
        done => {
            tracing::debug!(id = %event.id, ?done, "an old private message");
            Ok(())
        }
    }
}

/// Of a member, written by their own app.
pub async fn own(hub: &Hub, member: Id, event: &Event) -> Result<(), HubError> {
    let Some(key) = recipient(event) else { return Ok(()) };
    let Some(to) = hub.actor_by_native(Network::Nostr, &key.to_string()).await? else { return Ok(()) };
    let Some(text) = text(hub, member, &key, event).await? else { return Ok(()) };
    let origin = Origin {
        network: Network::Nostr,
        native_id: event.id.to_string(),
        original: Bytes::copy_from_slice(event.json.as_bytes()),
        brought: None,
    };
    let draft = Draft {
        author: member,
        rich: Some(text),
        visibility: Some(Visibility::Direct),
        to: vec![to.id],
        at: Some(Time::from_secs(event.created_at)),
        accept_weaker: true,
        ..Draft::default()
    };
    hub.publish(draft, Some(origin)).await.map(|_| ())
}

fn recipient(event: &Event) -> Option<Hex32> {
    event.tags.people().into_iter().next()
}

/// `None` when it cannot be opened here.
async fn text(hub: &Hub, member: Id, other: &Hex32, event: &Event) -> Result<Option<RichText>, HubError> {
    let Some(keys) = keys::held(hub, member).await? else { return Ok(None) };
    let plain = n44::decrypt_nip04(&keys, other, &event.content).ok();
    Ok(plain.map(|plain| compose(&plain.replace('\0', ""))))
}
