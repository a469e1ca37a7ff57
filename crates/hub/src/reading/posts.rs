//! Posts one by one.

use crate::{Hub, HubError, PostView};
use landbridge_model::{Id, Post, Time};

impl Hub {
    /// A post as it is stored, opened when sealed, no matter who asks: for translators and other parts of the hub.
    pub async fn post(&self, id: Id) -> Result<Post, HubError> {
        unbuilt!(id)
    }

    /// Posts by id, in the order asked; missing ones are left out.
    pub async fn posts(&self, ids: &[Id]) -> Result<Vec<Post>, HubError> {
        unbuilt!(ids)
    }

    /// A post as `reader` (or a stranger) may see it; [`HubError::NotFound`] when they may not.
    pub async fn view(&self, id: Id, reader: Option<Id>) -> Result<PostView, HubError> {
        unbuilt!(id, reader)
    }

    /// Posts by id, in the order asked, without those that the reader may not see or has muted or blocked.
    pub async fn views(&self, ids: &[Id], reader: Option<Id>) -> Result<Vec<PostView>, HubError> {
        unbuilt!(ids, reader)
    }

    /// Whether somebody (a member, or a remote actor whose server asks) may read a post.
    pub async fn may_read(&self, post: &Post, reader: Option<Id>) -> Result<bool, HubError> {
        unbuilt!(post, reader)
    }

    /// Earlier versions, oldest first, ending with the present one.
    pub async fn history(&self, id: Id, reader: Option<Id>) -> Result<Vec<(Time, Post)>, HubError> {
        unbuilt!(id, reader)
    }
}
