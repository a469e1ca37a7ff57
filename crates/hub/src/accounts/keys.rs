//! Network keys that are held here, sealed.

use crate::{Hub, HubError, NewKey};
use landbridge_model::{Id, Network};

/// A key pair of a member (or of the server: actor 0).
#[derive(Clone)]
pub struct Key {
    pub kind: String,
    pub public: String,
    pub secret: Vec<u8>,
}

impl Hub {
    /// A key, opened. Cached for a while, since signing needs it all the time.
    pub async fn key(&self, actor: Id, network: Network, kind: &str) -> Result<Option<Key>, HubError> {
        unbuilt!(actor, network, kind)
    }

    /// The public half alone.
    pub async fn public_key(&self, actor: Id, network: Network, kind: &str) -> Result<Option<String>, HubError> {
        unbuilt!(actor, network, kind)
    }

    /// The server's own key of that kind; `make` gives it the first time.
    pub async fn server_key(&self, network: Network, kind: &'static str, make: fn() -> NewKey) -> Result<Key, HubError> {
        unbuilt!(network, kind, make)
    }

    /// Keeps a key, replacing one of that kind.
    pub async fn keep_key(&self, actor: Id, network: Network, key: NewKey) -> Result<(), HubError> {
        unbuilt!(actor, network, key.kind)
    }

    /// Forgets a key, for good.
    pub async fn drop_key(&self, actor: Id, network: Network, kind: &str) -> Result<(), HubError> {
        unbuilt!(actor, network, kind)
    }
}
