//! One merged thread, whichever networks its posts came by.

use crate::{Hub, HubError, PostView};
use landbridge_model::Id;

#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// From the first post down to the parent.
    pub ancestors: Vec<PostView>,
    /// Replies, depth first, oldest first.
    pub descendants: Vec<PostView>,
}

impl Hub {
    /// The thread around a post, as far as the reader may see it.
    pub async fn thread(&self, post: Id, reader: Option<Id>) -> Result<Thread, HubError> {
        unbuilt!(post, reader)
    }

    /// Asks the post's networks for more of the thread. Bounded, and not more than once in some minutes.
    pub async fn backfill(&self, post: Id) -> Result<(), HubError> {
        unbuilt!(post)
    }
}
