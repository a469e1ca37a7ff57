//! Labels by labelers that members or the operator listen to: each one's stream (`com.atproto.label.subscribeLabels`), and
//! what it said before of people who are known here (`queryLabels`). Of the rest nothing is kept.

mod label;
mod source;

use crate::{network::AtProto, syntax::Did};
use landbridge_hub::{HubError, Stop};
use landbridge_model::Network;
use landbridge_store::entities::atproto_reader;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::task::AbortHandle;

/// Labelers that are read at once.
const MOST: usize = 100;
/// How often it is looked who listens to whom, since another process may have written that down.
const LOOK: Duration = Duration::from_secs(3);

/// What all sources share.
struct Labels {
    at: Arc<AtProto>,
    /// DIDs of members: labels of their posts count as well.
    members: RwLock<HashSet<Box<str>>>,
}

pub async fn run(at: Arc<AtProto>, mut stop: Stop) {
    let labels = Arc::new(Labels { at, members: RwLock::default() });
    let mut told = false;
    let mut running: HashMap<String, AbortHandle> = HashMap::new();
    while !*stop.borrow() {
        if let Err(error) = labels.look(&mut told, &mut running, &stop).await {
            tracing::warn!(%error, "who listens to which labeler could not be read");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = labels.at.labelers.notified() => {}
            _ = stop.changed() => {}
        }
    }
    running.values().for_each(AbortHandle::abort);
}

impl Labels {
    /// Begins to read who is new, and ends with whom nobody listens to any more.
    async fn look(
        self: &Arc<Self>,
        told: &mut bool,
        running: &mut HashMap<String, AbortHandle>,
        stop: &Stop,
    ) -> Result<(), HubError> {
        let hub = &self.at.hub;
        if !*told {
            let own: Vec<String> = self.at.options.labelers.iter().map(ToString::to_string).collect();
            hub.listen_to_labelers(None, Network::AtProto, &own).await?;
            *told = true;
        }
        let wanted = hub.labelers(Network::AtProto).await?;
        let gone: Vec<String> = running.keys().filter(|did| !wanted.contains(*did)).cloned().collect();
        for did in gone {
            if let Some(task) = running.remove(&did) {
                task.abort();
            }
            hub.forget_labeler(Network::AtProto, &did).await?;
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut members = HashSet::new();
        for mut row in hub.store().rows(atproto_reader::members(Network::AtProto)).await? {
            members.insert(row.get::<String>(0)?.into());
        }
        *self.members.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = members;
        for did in wanted {
            if running.len() >= MOST || running.contains_key(&did) {
                continue;
            }
            let Ok(labeler) = Did::parse(&did) else { continue };
            let task = tokio::spawn(source::run(self.clone(), labeler, stop.clone()));
            running.insert(did, task.abort_handle());
        }
        Ok(())
    }

    /// Whether anything of somebody may be shown here.
    fn is_shown(&self, did: &str) -> bool {
        self.at.people.is_known(did)
            || self.members.read().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(did)
    }
}
