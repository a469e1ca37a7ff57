//! Search, and looking up what somebody pasted.

use crate::{Hub, HubError, PostView};
use landbridge_model::{Actor, Id};

#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    pub accounts: bool,
    pub posts: bool,
    pub tags: bool,
    /// Ask other servers for what is not known here.
    pub resolve: bool,
    pub following: bool,
    pub author: Option<Id>,
    pub limit: u32,
    pub offset: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    pub actors: Vec<Actor>,
    pub posts: Vec<PostView>,
    pub tags: Vec<String>,
}

impl Hub {
    /// Finds people by name, public posts by words, tags; and, with `resolve`, whatever was pasted: an address, a
    /// URL, an npub, a nevent, a NIP-05 name.
    pub async fn search(&self, reader: Option<Id>, text: &str, options: &SearchOptions) -> Result<Found, HubError> {
        unbuilt!(reader, text, options)
    }

    /// Somebody by whatever names them; asks the networks when not known here.
    pub async fn find_actor(&self, text: &str) -> Result<Option<Actor>, HubError> {
        unbuilt!(text)
    }
}
