//! What arrives, one file a kind. Verified by its network; here it passes the gate and is written once.

use crate::{Hub, Incoming, Received, Refused};

impl Hub {
    /// Takes in one verified thing. When this returns `Ok`, it is durable, and the network may say "accepted".
    ///
    /// What is missing to understand it (its author's profile, the post it answers) is fetched through the network.
    pub async fn receive(&self, incoming: Incoming) -> Result<Received, Refused> {
        let _ = incoming;
        Err(Refused::Rule("not built yet"))
    }
}
