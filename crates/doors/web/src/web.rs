//! What all pages share.

use landbridge_hub::Hub;

/// The state of this door. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    pub hub: Hub,
}

impl Web {
    pub fn new(hub: Hub) -> Web {
        Web { hub }
    }

    /// Cookies are for HTTPS only, except in a local trial.
    pub fn is_https(&self) -> bool {
        self.hub.config().origin.scheme() == "https"
    }
}
