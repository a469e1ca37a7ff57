//! One relay, asked and listened to as long as the plan for it stands.

use super::plan::Plan;
use crate::{
    event::{Event, Limits},
    inbound,
    network::Nostr,
    pool::{Backoff, PoolError, Told},
    posting,
};
use landbridge_hub::{Hub, Via};
use landbridge_model::Time;
use landbridge_store::entities::cursors;
use std::{sync::Arc, time::Duration};

/// Seconds asked for again after a pause: clocks differ, and relays pass things on late.
const OVERLAP: i64 = 15 * 60;
/// Seconds asked back for when a relay is new.
const FIRST: i64 = 24 * 3_600;
/// Seconds within which a member's own event, found on a write relay, counts as done now.
const FRESH: i64 = 300;
/// Where we stand is noted this often at most.
const NOTE: Duration = Duration::from_secs(30);

pub async fn watch(nostr: Arc<Nostr>, hub: Hub, url: String, plan: Plan) {
    let mut backoff = Backoff::default();
    loop {
        let since = stand(&hub, &url).await.map_or(Time::now().secs() - FIRST, |at| at - OVERLAP);
        let filters = plan.filters(since);
        match nostr.pool.subscribe(&url, filters.clone()).await {
            Ok(mut subscription) => {
                let mut up_to_date = false;
                let mut noted = tokio::time::Instant::now();
                while let Some(told) = subscription.next().await {
                    match told {
                        Told::Event(json) => heard(&nostr, &hub, &plan, &filters, &json).await,
                        Told::UpToDate => {
                            up_to_date = true;
                            backoff.succeeded();
                            note(&hub, &url).await;
                        }
                        Told::Closed(why) => {
                            tracing::info!(%url, %why, "a relay ended our subscription");
                            break;
                        }
                    }
                    if up_to_date && noted.elapsed() > NOTE {
                        noted = tokio::time::Instant::now();
                        note(&hub, &url).await;
                    }
                }
            }
            Err(PoolError::Refused(why)) => {
                // It will not be allowed tomorrow either; the plan may change.
                return tracing::debug!(%url, %why, "a relay that we may not connect to");
            }
            Err(error) => tracing::debug!(%url, %error, "a relay cannot be read"),
        }
        tokio::time::sleep(backoff.failed()).await;
    }
}

/// Checks and passes on one event. Known ids cost no signature.
async fn heard(nostr: &Nostr, hub: &Hub, plan: &Plan, filters: &[crate::wire::Filter], json: &str) {
    let Ok(event) = Event::parse(json, &Limits::default()) else { return };
    if nostr.seen.contains_key(&event.id) {
        return;
    }
    let Ok(event) = event.verify() else {
        metrics::counter!("nostr_reader_forgeries").increment(1);
        return;
    };
    // Relays say what they like.
    if !filters.iter().any(|f| f.matches(&event)) {
        return;
    }
    let done = match plan.own.contains(&event.pubkey) {
        true => own(nostr, hub, &event).await,
        false => inbound::take_in(nostr, hub, &event, Via::Delivered).await,
    };
    match done {
        // Not noted before it is done, or a fault would lose it.
        Ok(()) => nostr.note(&event),
        Err(inbound::Later(why)) => tracing::warn!(id = %event.id, %why, "an event will be asked for again"),
    }
}

/// A member's own event from one of their write relays: kept on ours as well, and an act when it is fresh.
async fn own(nostr: &Nostr, hub: &Hub, event: &Event) -> Result<(), inbound::Later> {
    let later = |e: String| inbound::Later(e);
    let relay = nostr.relay().await.map_err(|e| later(e.to_string()))?;
    let Some(member) = relay.members().of(&event.pubkey) else { return Ok(()) };
    relay.store_own(std::slice::from_ref(event)).await.map_err(|e| later(e.to_string()))?;
    match (Time::now().secs() - event.created_at).abs() <= FRESH {
        true => posting::act(nostr, hub, member, event).await,
        false => Ok(()),
    }
}

/// Where we stand with a relay, in seconds; `None`: never read.
async fn stand(hub: &Hub, url: &str) -> Option<i64> {
    let row = hub.store().row(cursors::one(&name(url))).await;
    row.ok().flatten()?.get::<String>(0).ok()?.parse().ok()
}

async fn note(hub: &Hub, url: &str) {
    let now = Time::now();
    let change = cursors::put(&name(url), &now.secs().to_string(), now);
    if let Err(error) = hub.store().write(change).await {
        tracing::warn!(%error, "where a relay was read to could not be noted");
    }
}

fn name(url: &str) -> String {
    format!("nostr:{url}")
}
