//! Whose keys are members' keys: asked for every event, so kept in memory. A key that is not there is looked up in the store
//! before anybody is refused for it ([`Members::add`]).

use crate::event::Hex32;
use landbridge_model::Id;
use landbridge_store::{Store, StoreError, entities::nostr_events};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

/// Members by their key on Nostr. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    store: Store,
    keys: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    keys: Arc<HashMap<Hex32, Id>>,
    at: Option<Instant>,
}

/// After this time they are read again: somebody may have left, here or in another process. Who has joined is looked up
/// when an event names them.
const FRESH: Duration = Duration::from_secs(10);

impl Members {
    pub fn new(store: Store) -> Members {
        Members { store, keys: Arc::default() }
    }

    /// Reads them afresh, when they were not lately.
    pub async fn keep_fresh(&self) -> Result<(), StoreError> {
        let at = self.keys.read().unwrap_or_else(PoisonError::into_inner).at;
        match at.is_some_and(|at| at.elapsed() < FRESH) {
            true => Ok(()),
            false => self.refresh().await,
        }
    }

    /// Reads them afresh.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut keys = HashMap::new();
        for mut row in self.store.rows(nostr_events::members()).await? {
            let (key, actor): (String, i64) = (row.get(0)?, row.get(1)?);
            if let Ok(key) = key.parse() {
                keys.insert(key, Id(actor));
            }
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) =
            Known { keys: Arc::new(keys), at: Some(Instant::now()) };
        Ok(())
    }

    /// Adds some that were found in the store (key and actor), who have joined since.
    pub fn add(&self, found: &[(String, i64)]) {
        let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for (key, actor) in found {
            if let Ok(key) = key.parse()
                && !known.keys.contains_key(&key)
            {
                Arc::make_mut(&mut known.keys).insert(key, Id(*actor));
            }
        }
    }

    /// All of them, as of now.
    pub fn all(&self) -> Arc<HashMap<Hex32, Id>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    pub fn of(&self, key: &Hex32) -> Option<Id> {
        self.all().get(key).copied()
    }
}
