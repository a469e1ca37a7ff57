//! Paging, as the Mastodon API does it.

use landbridge_model::Id;
use landbridge_store::entities::Window;

/// A window into a list ordered by id, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// Older than this.
    pub max: Option<Id>,
    /// Newer than this, newest first.
    pub since: Option<Id>,
    /// Newer than this, those next to it.
    pub min: Option<Id>,
    /// At most so many; 0 means 20.
    pub limit: u32,
}

impl Page {
    /// The limit, between 1 and `most`.
    pub fn limit(&self, most: u32) -> i64 {
        i64::from(if self.limit == 0 { 20.min(most) } else { self.limit.clamp(1, most) })
    }
    /// The same for the store, with a limit of its own.
    pub(crate) fn window(&self, limit: i64) -> Window {
        Window {
            below: self.max.map_or(i64::MAX, |id| id.0),
            above: self.min.or(self.since).map_or(-1, |id| id.0),
            limit,
            upward: self.upward(),
        }
    }
    /// Read upward from the lower bound; the result is then turned around.
    pub fn upward(&self) -> bool {
        self.min.is_some()
    }
}
