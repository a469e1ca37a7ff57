//! `GET|POST /oauth/userinfo`: docs/methods/oauth#userinfo

use crate::{
    auth::Auth,
    door::Door,
    entities::{NO_AVATAR, Show},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let me = auth.member("profile").or_else(|e| auth.member("read").map_err(|_| e))?;
    let actor = door.hub.member(me).await?.actor;
    let show = Show::people(&door, Some(me), [&actor]).await?;
    Ok(Answer::one(&json!({
        "iss": door.hub.config().url("/"),
        "sub": show.uri(&actor),
        "name": actor.shown_name(),
        "preferred_username": actor.username,
        "profile": door.hub.profile_url(&actor),
        "picture": show.picture(actor.profile.avatar.as_ref(), NO_AVATAR),
    })))
}
