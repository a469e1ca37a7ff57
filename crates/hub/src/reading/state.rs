//! What reading remembers between requests.

use super::proxy::{self, Proxied};
use crate::labels::Listening;
use landbridge_model::Id;
use moka::sync::Cache;
use std::time::Duration;

/// Keeps readers from making us ask other servers the same thing again and again.
pub(crate) struct State {
    backfilled: Cache<Id, ()>,
    freshened: Cache<Id, ()>,
    looked_up: Cache<String, ()>,
    pub proxied: Proxied,
    pub labelled: Listening,
}

impl Default for State {
    fn default() -> State {
        State {
            backfilled: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(300)).build(),
            freshened: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(600)).build(),
            looked_up: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(5)).build(),
            proxied: proxy::cache(),
            labelled: Listening::default(),
        }
    }
}

impl State {
    /// Whether a thread may be asked for now; if so, not again for five minutes.
    pub fn may_backfill(&self, root: Id) -> bool {
        self.backfilled.entry(root).or_insert(()).is_fresh()
    }

    /// Whether somebody's latest posts may be asked for now; if so, not again for ten minutes.
    pub fn may_freshen(&self, actor: Id) -> bool {
        self.freshened.entry(actor).or_insert(()).is_fresh()
    }

    /// Whether something unknown may be looked up now; if so, not again for five seconds: apps ask at each key press.
    pub fn may_look_up(&self, text: &str) -> bool {
        self.looked_up.entry_by_ref(text).or_insert(()).is_fresh()
    }
}
