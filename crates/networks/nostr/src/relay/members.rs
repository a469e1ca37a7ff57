//! Whose keys are members' keys: asked for every event, so kept in memory.

use crate::event::Hex32;
use landbridge_model::Id;
use landbridge_store::{Store, StoreError, entities::nostr_events};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Members by their key on Nostr. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    store: Store,
    keys: Arc<RwLock<Arc<HashMap<Hex32, Id>>>>,
}

impl Members {
    pub fn new(store: Store) -> Members {
        Members { store, keys: Arc::default() }
    }

    /// Reads them afresh: at start, and when the bus says that an account changed.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut keys = HashMap::new();
        for mut row in self.store.rows(nostr_events::members()).await? {
            let (key, actor): (String, i64) = (row.get(0)?, row.get(1)?);
            if let Ok(key) = key.parse() {
                keys.insert(key, Id(actor));
            }
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// All of them, as of now.
    pub fn all(&self) -> Arc<HashMap<Hex32, Id>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn of(&self, key: &Hex32) -> Option<Id> {
        self.all().get(key).copied()
    }
}
