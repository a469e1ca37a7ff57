//! What receiving remembers between arrivals. Nothing here is needed to be right: it saves work.

use crate::moderation::RuleCache;
use landbridge_cache::Cache;
use landbridge_model::{Id, Network};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Background work at once.
const BACKGROUND: usize = 16;

pub(crate) struct State {
    pub rules: RuleCache,
    /// Unknown actors being fetched, or fetched (also in vain) a moment ago: a thousand posts of one new author ask once.
    pub flights: Cache<(Network, String), ()>,
    /// Other things that could not be fetched a moment ago.
    pub missing: Cache<(Network, String), ()>,
    /// Actors whose profiles were refreshed a while ago.
    pub refreshed: Cache<(Network, String), ()>,
    /// Polls whose counts are about to be told.
    pub tallies: Cache<Id, ()>,
    pub background: Arc<Semaphore>,
}

impl Default for State {
    fn default() -> State {
        State {
            rules: RuleCache::default(),
            flights: Cache::living(50_000, Duration::from_secs(60)),
            missing: Cache::living(50_000, Duration::from_secs(300)),
            refreshed: Cache::living(50_000, Duration::from_secs(3600)),
            tallies: Cache::living(10_000, Duration::from_secs(60)),
            background: Arc::new(Semaphore::new(BACKGROUND)),
        }
    }
}
