//! Likes, emoji reactions, bookmarks.

use crate::{Hub, HubError, Origin};
use landbridge_model::{Emoji, Id};

impl Hub {
    /// Likes a post (`content` empty) or reacts to it. Doing so twice is doing so once.
    pub async fn react(&self, member: Id, post: Id, content: &str, emoji: Option<Emoji>, origin: Option<Origin>) -> Result<(), HubError> {
        unbuilt!(member, post, content, emoji, origin)
    }

    pub async fn unreact(&self, member: Id, post: Id, content: &str, origin: Option<Origin>) -> Result<(), HubError> {
        unbuilt!(member, post, content, origin)
    }

    /// Bookmarks are nobody else's business: no network is told.
    pub async fn bookmark(&self, member: Id, post: Id, on: bool) -> Result<(), HubError> {
        unbuilt!(member, post, on)
    }

    /// No more notifications from a thread.
    pub async fn mute_thread(&self, member: Id, post: Id, on: bool) -> Result<(), HubError> {
        unbuilt!(member, post, on)
    }
}
