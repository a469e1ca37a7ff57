//! Answers remembered as long as they are true: until the next commit.
//!
//! Reading is far more frequent than writing, and what was read stays right until something is written. So nothing has
//! to know what a write changes, and nothing can be forgotten: any commit makes all of it stale. Where other processes
//! write too (PostgreSQL) nothing is remembered; on SQLite only the command line does, and [`AT_MOST`] bounds that.

use landbridge_store::Store;
use moka::sync::Cache;
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
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    commits: Option<u64>,
    at: Instant,
}

impl<K, V> Fresh<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub fn new(store: Store, most: u64) -> Fresh<K, V> {
        Fresh { store, found: Cache::new(most) }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let commits = self.store.commits()?;
        let (stamp, value) = self.found.get(key)?;
        (stamp.commits == Some(commits) && stamp.at.elapsed() < AT_MOST).then_some(value)
    }

    /// To be taken before what is then [put](Fresh::put) is read.
    pub fn stamp(&self) -> Stamp {
        Stamp { commits: self.store.commits(), at: Instant::now() }
    }

    pub fn put(&self, stamp: Stamp, key: K, value: V) {
        if stamp.commits.is_some() {
            self.found.insert(key, (stamp, value));
        }
    }
}
