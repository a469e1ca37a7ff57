//! What receiving remembers between arrivals. Nothing here is needed to be right: it saves work.

use crate::moderation::RuleCache;
use landbridge_model::{Id, Network};
use moka::{future, sync};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Background work at once.
const BACKGROUND: usize = 16;

pub(crate) struct State {
    pub rules: RuleCache,
    /// Unknown actors being fetched, or fetched (also in vain) a moment ago: a thousand posts of one new author ask once.
    pub flights: future::Cache<(Network, String), ()>,
    /// Other things that could not be fetched a moment ago.
    pub missing: sync::Cache<(Network, String), ()>,
    /// Actors whose profiles were refreshed a while ago.
    pub refreshed: sync::Cache<(Network, String), ()>,
    /// Polls whose counts are about to be told.
    pub tallies: sync::Cache<Id, ()>,
    pub background: Arc<Semaphore>,
}

impl Default for State {
    fn default() -> State {
        State {
            rules: RuleCache::default(),
            flights: future::Cache::builder()
                .max_capacity(50_000)
                .time_to_live(Duration::from_secs(60))
                .build(),
            missing: sync::Cache::builder()
                .max_capacity(50_000)
                .time_to_live(Duration::from_secs(300))
                .build(),
            refreshed: sync::Cache::builder()
                .max_capacity(50_000)
                .time_to_live(Duration::from_secs(3600))
                .build(),
            tallies: sync::Cache::builder()
                .max_capacity(10_000)
                .time_to_live(Duration::from_secs(60))
                .build(),
            background: Arc::new(Semaphore::new(BACKGROUND)),
        }
    }
}
