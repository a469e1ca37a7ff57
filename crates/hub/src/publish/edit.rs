//! A changed post. Visibility, reply parent and quote stay as they were: an edit never widens reach.

use crate::{Draft, Hub, HubError, Origin};
use landbridge_model::{Id, Post};

impl Hub {
    pub async fn edit(&self, member: Id, post: Id, draft: Draft, origin: Option<Origin>) -> Result<Post, HubError> {
        unbuilt!(member, post, draft, origin)
    }
}
