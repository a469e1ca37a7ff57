//! Apps that sign through us (NIP-46) are no members, and have a member's leave to ask: which keys have an open session.

use crate::event::Hex32;
use landbridge_model::Time;
use landbridge_store::{Store, StoreError, entities::nostr_unsigned as sessions};
use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

/// Keys with an open session, in memory: asked for whatever claims to come from an app, by anybody and before its signature
/// is checked.
pub struct Apps {
    store: Store,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    keys: Arc<HashSet<Hex32>>,
    at: Option<Instant>,
}

/// After this time they are read again: sessions open and end, here or in another process.
const FRESH: Duration = Duration::from_secs(5);
/// Sessions that are known, the newest; apps of all others count as strangers.
const MOST: i64 = 50_000;

impl Apps {
    pub fn new(store: Store) -> Apps {
        Apps { store, known: RwLock::default() }
    }

    /// Reads them afresh, when they were not lately.
    pub async fn keep_fresh(&self) -> Result<(), StoreError> {
        if !self.is_due() {
            return Ok(());
        }
        let mut keys = HashSet::new();
        for mut row in self.store.rows(sessions::open_sessions(Time::now().0, MOST)).await? {
            keys.extend(row.get::<String>(0)?.parse::<Hex32>());
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).keys = Arc::new(keys);
        Ok(())
    }

    /// Whoever is told so reads them; nobody else does meanwhile.
    fn is_due(&self) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let due = known.at.is_none_or(|at| at.elapsed() >= FRESH);
        if due {
            known.at = Some(Instant::now());
        }
        due
    }

    /// All of them, as of when they were last read.
    pub fn all(&self) -> Arc<HashSet<Hex32>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }
}
