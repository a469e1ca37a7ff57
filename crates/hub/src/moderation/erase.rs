//! Erasing what is held about somebody, everywhere.

use crate::{Hub, HubError};
use landbridge_model::Id;

impl Hub {
    /// Removes everything about one actor: rows, originals, media, search, queues. Writes the erasure journal, which
    /// is replayed after every restore.
    pub async fn erase(&self, actor: Id) -> Result<(), HubError> {
        unbuilt!(actor)
    }
    /// Removes what has outlived its retention rule; returns how many posts.
    pub async fn sweep(&self) -> Result<u64, HubError> {
        unbuilt!()
    }
}
