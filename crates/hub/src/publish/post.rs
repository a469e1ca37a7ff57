//! A new post.

use crate::{Draft, Hub, HubError, Origin};
use landbridge_model::{Network, Post};

/// What a draft becomes on one network.
#[derive(Clone, Debug)]
pub struct NetworkPreview {
    pub network: Network,
    /// Whether it goes there at all; else why not.
    pub reaches: Result<(), &'static str>,
    pub notes: Vec<String>,
}

impl Hub {
    /// Writes a post and everything that is to be delivered of it. `origin`: the native original when an app of a
    /// network wrote it.
    pub async fn publish(&self, draft: Draft, origin: Option<Origin>) -> Result<Post, HubError> {
        unbuilt!(draft, origin)
    }

    /// What each network that the author is on would show of a draft.
    pub async fn preview(&self, draft: &Draft) -> Result<Vec<NetworkPreview>, HubError> {
        unbuilt!(draft)
    }
}
