//! Which grant has read which conversation: a line of the grant's log.

use crate::{auth::Auth, door::Door, error::ApiError};
use landbridge_hub::PostView;
use landbridge_model::{Id, Visibility};

/// Notes that a conversation was read.
pub(crate) fn log_one(door: &Door, auth: &Auth, conversation: Id) {
    if let Some(grant) = &auth.0 {
        door.hub.used_conversation(grant.id, conversation);
    }
}

/// Notes of which conversations there were messages among some posts.
pub(crate) async fn log<'v>(
    door: &Door,
    auth: &Auth,
    views: impl IntoIterator<Item = &'v PostView>,
) -> Result<(), ApiError> {
    let Some((grant, member)) = auth.0.as_ref().and_then(|grant| Some((grant.id, grant.member?))) else {
        return Ok(());
    };
    let private = views.into_iter().filter(|view| view.post.visibility == Visibility::Direct);
    let posts: Vec<Id> = private.map(|view| view.post.id).collect();
    door.hub.used_messages(grant, member, &posts).await?;
    Ok(())
}
