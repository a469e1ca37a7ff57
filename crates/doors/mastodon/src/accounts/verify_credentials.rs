//! `GET /api/v1/accounts/verify_credentials`: docs/methods/accounts#verify_credentials

use crate::{
    auth::Auth,
    door::Door,
    entities::{CredentialAccount, Show},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;
use landbridge_hub::Page;
use landbridge_model::Id;

pub(super) async fn get(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let me = match auth.member("read:accounts") {
        Err(_) if auth.0.as_ref().is_some_and(|g| g.allows("profile")) => auth.member("profile")?,
        me => me?,
    };
    credential_account(&door, me).await
}

/// The member's own account, with what only they may know.
pub(crate) async fn credential_account(door: &Door, me: Id) -> Result<Answer, ApiError> {
    let member = door.hub.member(me).await?;
    let requests = door.hub.follow_requests(me, Page { limit: 80, ..Page::default() }).await?.len() as u64;
    let show = Show::people(door, Some(me), [&member.actor]).await?;
    Ok(Answer::one(&CredentialAccount::new(&show, &member, requests)))
}
