//! Events that are sent outside of an act: signed later, merged after an import, or lists that several acts come from. Same rows as an act writes.

use super::destination;
use crate::{event::Event, network::Nostr, relay::store_changes};
use landbridge_hub::{Hub, HubError};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{
    Change,
    entities::{deliveries, payloads},
};

/// What an event is sent for.
pub struct Sent<'a> {
    pub actor: Id,
    pub object: Id,
    /// The word for the delivery record.
    pub act: &'a str,
}

/// Stores an event on our relay and queues it for others, with further changes, all in one write. What is protected (NIP-70)
/// goes to no others.
pub async fn send(
    nostr: &Nostr,
    hub: &Hub,
    sent: Sent<'_>,
    event: &Event,
    relays: &[String],
    mut changes: Vec<Change>,
) -> Result<(), HubError> {
    let (now, payload) = (Time::now(), hub.ids().next());
    let own = nostr.relay_url();
    changes.extend(store_changes(hub, event, 0, own));
    changes.push(payloads::insert(
        payload,
        Network::Nostr,
        sent.actor,
        sent.object,
        false,
        event.json.as_bytes().to_vec(),
        now,
    ));
    let mut urls = vec![own.to_owned()];
    for url in relays.iter().filter(|_| !event.is_protected()) {
        if urls.len() <= super::MOST_RELAYS && !urls.contains(url) {
            urls.push(url.clone());
        }
    }
    for url in &urls {
        let to = destination(url);
        let place = deliveries::Destination { url: &to.url, host: &to.host };
        changes.push(deliveries::insert(
            hub.ids().next(),
            payload,
            Network::Nostr,
            place,
            sent.act,
            sent.actor,
            sent.object,
            now,
        ));
    }
    hub.store().write(changes).await?;
    hub.ring_outbox();
    Ok(())
}
