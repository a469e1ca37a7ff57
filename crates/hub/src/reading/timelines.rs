//! Timelines.

use crate::{Hub, HubError, Page, PostView};
use landbridge_model::Id;

#[derive(Clone, Debug, Default)]
pub struct PublicTimeline {
    pub local: bool,
    pub remote: bool,
    pub only_media: bool,
    /// Normal forms; all of `tags_all`, any of `tags_any`, none of `tags_none`. No tags: the whole timeline.
    pub tags_any: Vec<String>,
    pub tags_all: Vec<String>,
    pub tags_none: Vec<String>,
}

impl Hub {
    pub async fn home(&self, member: Id, page: Page) -> Result<Vec<PostView>, HubError> {
        unbuilt!(member, page)
    }

    /// Public posts that are no replies; with tags, replies too.
    pub async fn public(&self, what: &PublicTimeline, reader: Option<Id>, page: Page) -> Result<Vec<PostView>, HubError> {
        unbuilt!(what, reader, page)
    }
}
