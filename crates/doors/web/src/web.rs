//! What all pages share.

use crate::throttle::Throttle;
use landbridge_hub::Hub;
use std::sync::Arc;

/// The state of this door. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    pub hub: Hub,
    /// Failed sign-ins, by name and by address.
    pub sign_ins: Arc<Throttle>,
}

impl Web {
    pub fn new(hub: Hub) -> Web {
        Web { hub, sign_ins: Arc::new(Throttle::default()) }
    }

    /// Cookies are for HTTPS only, except in a local trial.
    pub fn is_https(&self) -> bool {
        self.hub.config().origin.scheme() == "https"
    }
}
