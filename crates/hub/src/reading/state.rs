//! What reading remembers between requests.

use super::{
    proxy::{self, Proxied},
    resolve::Named,
};
use crate::labels::Listening;
use landbridge_cache::Cache;
use landbridge_model::Id;
use std::time::Duration;

/// Keeps readers from making us ask other servers the same thing again and again.
pub(crate) struct State {
    backfilled: Cache<Id, ()>,
    freshened: Cache<Id, ()>,
    /// What pasted texts name, for a moment.
    pub looked_up: Cache<String, Option<Named>>,
    pub proxied: Proxied,
    pub labelled: Listening,
}

impl Default for State {
    fn default() -> State {
        State {
            backfilled: Cache::living(10_000, Duration::from_secs(300)),
            freshened: Cache::living(10_000, Duration::from_secs(600)),
            looked_up: Cache::living(10_000, Duration::from_secs(5)),
            proxied: proxy::cache(),
            labelled: Listening::default(),
        }
    }
}

impl State {
    /// Whether a thread may be asked for now; if so, not again for five minutes.
    pub fn may_backfill(&self, root: Id) -> bool {
        self.backfilled.insert_first(&root, ())
    }

    /// Whether somebody's latest posts may be asked for now; if so, not again for ten minutes.
    pub fn may_freshen(&self, actor: Id) -> bool {
        self.freshened.insert_first(&actor, ())
    }
}
