//! Sending events to relays: our own just shows what is stored already; others are asked over the pool.

use crate::{event::Event, facts::Facts, keys, network::Nostr, pool::PoolError};
use landbridge_hub::{Delivery, Hub, HubError, Outcome};
use landbridge_model::Network;

pub async fn deliver(nostr: &Nostr, hub: &Hub, delivery: &Delivery) -> Outcome {
    let event = match std::str::from_utf8(&delivery.bytes).ok().map(Event::from_stored) {
        Some(Ok(event)) => event,
        _ => return Outcome::Refused { why: "the stored event is damaged".into() },
    };
    if delivery.destination == nostr.relay_url() {
        let shown = async { Ok::<_, HubError>(nostr.relay().await?.show(&event).await?) };
        return match shown.await {
            Ok(()) => Outcome::Delivered { answer: "on our own relay".into() },
            Err(error) => Outcome::Retry { after: None, why: error.to_string(), host_down: false },
        };
    }
    // Authenticating shows the member's identity to the relay: only where the member said so.
    let consent = match hub.presence(delivery.actor, Network::Nostr).await {
        Ok(Some(presence)) if Facts::of(&presence).consented.contains(&delivery.destination) => {
            keys::held(hub, delivery.actor).await.ok().flatten()
        }
        _ => None,
    };
    match nostr.pool.publish(&delivery.destination, &event, consent.as_ref()).await {
        Ok(answer) if answer.accepted => Outcome::Delivered { answer: answer.message },
        Ok(answer) => refused(answer.message),
        Err(PoolError::Refused(why)) => Outcome::Refused { why },
        Err(PoolError::AuthRequired(why)) => Outcome::Refused { why },
        // The event's id makes sending again harmless.
        Err(error) => {
            let host_down = matches!(error, PoolError::Connect(_) | PoolError::Timeout | PoolError::Broken);
            Outcome::Retry { after: None, why: error.to_string(), host_down }
        }
    }
}

/// What a relay's `OK false` means, by its prefix (NIP-01, NIP-42).
fn refused(message: String) -> Outcome {
    match message.split(':').next().unwrap_or_default() {
        "duplicate" => Outcome::Delivered { answer: message },
        "rate-limited" | "error" => Outcome::Retry { after: None, why: message, host_down: false },
        _ => Outcome::Refused { why: message },
    }
}
