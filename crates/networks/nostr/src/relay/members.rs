//! Whose keys are members' keys: asked for every event, so kept in memory.

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

/// After this time they are read again: somebody may have joined or left, here or on another node.
const FRESH: Duration = Duration::from_secs(2);

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

    /// All of them, as of now.
    pub fn all(&self) -> Arc<HashMap<Hex32, Id>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    pub fn of(&self, key: &Hex32) -> Option<Id> {
        self.all().get(key).copied()
    }
}
