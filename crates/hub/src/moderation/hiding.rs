//! Posts that are shown to nobody, until that is taken back: nothing of them is deleted, and nothing is sent.

use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::entities::{hidden_posts, ints};

impl Hub {
    /// A moderator hides a post, or shows it again.
    pub async fn hide_post(&self, post: Id, hidden: bool) -> Result<(), HubError> {
        let change = match hidden {
            true => hidden_posts::hide(post, Time::now()),
            false => hidden_posts::show(post),
        };
        self.store().write(change).await?;
        Ok(())
    }

    /// Whether a moderator has hidden it.
    pub(crate) async fn is_hidden(&self, post: Id) -> Result<bool, HubError> {
        Ok(self.store().row(hidden_posts::among(&ints([&post]))).await?.is_some())
    }
}
