//! Reading other relays for members, by the outbox model (NIP-65): posts of everybody whom a member follows, where they
//! write; what addresses members, where they read; members' own events, where they write with other apps.
//!
//! [`plan`](mod@plan) says what to ask of which relay; one task per relay asks and listens ([`watch`]), and now and then asks
//! for what only names members' posts ([`answers`]); [`sync`] merges the lists of keys that were brought along.

mod answers;
mod plan;
mod sync;
mod watch;

use crate::{network::Nostr, private};
use landbridge_hub::{EventKind, Hub, Stop};
use plan::Plan;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{
        broadcast::error::RecvError,
        watch::{Sender, channel},
    },
    task::{JoinHandle, JoinSet},
};

/// How often follows and relay lists are looked at anew; a change of relations makes it sooner.
const LOOK: Duration = Duration::from_secs(60);
/// Changes that come together are looked at together.
const GATHER: Duration = Duration::from_millis(500);

pub async fn run(nostr: Arc<Nostr>, hub: Hub, mut stop: Stop) {
    let mut watched: HashMap<String, (Sender<Plan>, JoinHandle<()>)> = HashMap::new();
    let mut bus = hub.bus().listen();
    if let Err(error) = private::relays::announce_all(&nostr, &hub).await {
        tracing::warn!(%error, "where members take private messages could not be said");
    }
    // Beside the reading: what one member's relays are slow to say keeps nobody else waiting.
    let mut syncing = JoinSet::new();
    let mut due = true;
    while !*stop.borrow() {
        if due && syncing.is_empty() {
            let (nostr, hub) = (nostr.clone(), hub.clone());
            syncing.spawn(async move { sync::all(&nostr, &hub).await });
            due = false;
        }
        match plan::make(&nostr, &hub).await {
            Ok(plans) => follow_plans(&nostr, &hub, &mut watched, plans),
            Err(error) => tracing::warn!(%error, "what to read on other relays could not be planned"),
        }
        let changed = async {
            loop {
                match bus.recv().await {
                    Ok(event) if matches!(event.kind, EventKind::Member(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => std::future::pending::<()>().await,
                }
            }
            due = true;
        };
        tokio::select! {
            () = changed => {}
            () = tokio::time::sleep(LOOK) => due = true,
            // What it brought may change the plan.
            Some(done) = syncing.join_next() => {
                if let Ok(Err(error)) = done {
                    tracing::warn!(%error, "imported keys could not be brought in line with other relays");
                }
            }
            _ = stop.changed() => {}
        }
        // Whatever ended the waiting: what has changed is looked at when others know of it, too.
        if due && !*stop.borrow() {
            tokio::time::sleep(GATHER).await;
        }
    }
    for (_, task) in watched.into_values() {
        task.abort();
    }
}

/// Starts and ends tasks so that they are those of the plans; those that go on are told of their new plan.
fn follow_plans(
    nostr: &Arc<Nostr>,
    hub: &Hub,
    watched: &mut HashMap<String, (Sender<Plan>, JoinHandle<()>)>,
    plans: BTreeMap<String, Plan>,
) {
    watched.retain(|url, (_, task)| {
        let keep = plans.contains_key(url) && !task.is_finished();
        if !keep {
            task.abort();
        }
        keep
    });
    for (url, plan) in plans {
        match watched.get(&url) {
            Some((current, _)) => {
                _ = current.send_if_modified(|old| std::mem::replace(old, plan.clone()) != plan)
            }
            None => {
                let (sender, plan) = channel(plan);
                let task = tokio::spawn(watch::watch(nostr.clone(), hub.clone(), url.clone(), plan));
                watched.insert(url, (sender, task));
            }
        }
    }
    metrics::gauge!("nostr_relays_read").set(watched.len() as f64);
}
