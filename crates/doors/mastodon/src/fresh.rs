//! Answers remembered as long as they are true: until the next commit.
//!
//! Reading is far more frequent than writing, and what was read stays right until something is written. So nothing has
//! to know what a write changes, and nothing can be forgotten: any commit makes all of it stale, whichever process did it
//! on PostgreSQL. On SQLite another process is only ever the command line, and [`AT_MOST`] bounds that.

use landbridge_cache::Cache;
use landbridge_store::{Moment, Store, StoreError};
use std::{
    hash::Hash,
    time::{Duration, Instant},
};

/// How long something is remembered even when nothing is written.
const AT_MOST: Duration = Duration::from_secs(2);

pub(crate) struct Fresh<K, V> {
    store: Store,
    found: Cache<K, (Stamp, V)>,
}

/// The moment before something was read.
#[derive(Clone)]
pub(crate) struct Stamp {
    moment: Moment,
    at: Instant,
}

impl<K, V> Fresh<K, V>
where
    K: Hash + Eq + Clone,
    V: Clone,
{
    pub fn new(store: Store, most: u64) -> Fresh<K, V> {
        Fresh { store, found: Cache::new(most) }
    }

    /// What is remembered and still true; else the stamp with which to [put](Fresh::put) what is read next.
    pub async fn get(&self, key: &K) -> Result<Result<V, Stamp>, StoreError> {
        let now = Stamp { moment: self.store.moment().await?, at: Instant::now() };
        let true_still = |(stamp, value): (Stamp, V)| {
            (stamp.moment == now.moment && stamp.at.elapsed() < AT_MOST).then_some(value)
        };
        Ok(self.found.get(key).and_then(true_still).ok_or(now))
    }

    pub fn put(&self, stamp: Stamp, key: K, value: V) {
        self.found.insert(key, (stamp, value));
    }
}
