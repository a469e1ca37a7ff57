//! Apps that sign through us (NIP-46) are no members, and have a member's leave to ask: which keys have an open session.

use crate::event::Hex32;
use landbridge_cache::Cache;
use landbridge_model::Time;
use landbridge_store::{Store, StoreError, entities::nostr_unsigned as sessions};
use std::{collections::HashSet, time::Duration};

/// Keys that were looked up lately, and whether they had one.
pub struct Apps {
    store: Store,
    looked_up: Cache<Hex32, bool>,
}

/// After this time a key is looked up again: sessions open and end, here or in another process.
const FRESH: Duration = Duration::from_secs(10);

impl Apps {
    pub fn new(store: Store) -> Apps {
        Apps { store, looked_up: Cache::living(10_000, FRESH) }
    }

    /// Those of some keys that have an open session.
    pub async fn among(&self, keys: HashSet<Hex32>) -> Result<HashSet<Hex32>, StoreError> {
        let (mut open, mut unknown) = (HashSet::new(), Vec::new());
        for key in keys {
            match self.looked_up.get(&key) {
                Some(true) => _ = open.insert(key),
                Some(false) => {}
                None => unknown.push(key),
            }
        }
        if unknown.is_empty() {
            return Ok(open);
        }
        let texts: Vec<String> = unknown.iter().map(Hex32::to_string).collect();
        for mut row in self.store.rows(sessions::with_session(&texts, Time::now().0)).await? {
            open.extend(row.get::<String>(0)?.parse::<Hex32>());
        }
        for key in unknown {
            self.looked_up.insert(key, open.contains(&key));
        }
        Ok(open)
    }
}
