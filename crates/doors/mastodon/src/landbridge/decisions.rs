//! `GET /api/landbridge/v1/decisions`: what the moderators have decided about the member, newest first, in pages: entities
//! `AccountWarning` with `landbridge: {measure, about, rule, ground, undone_at, can_appeal, url}`. Needs
//! `read:notifications`.
//!
//! `POST /api/landbridge/v1/decisions/:id/appeal` with `text`: an appeal, once. Needs `write:notifications`. Gives the entity.

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{AccountWarning, Show},
    error::ApiError,
    page::{Answer, ends, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn list(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let found = door.hub.decisions_about(me, page(&Params::query(&uri), 40)).await?;
    let actor = door.hub.actor(me).await?;
    let show = Show::people(&door, Some(me), [&actor]).await?;
    let items: Vec<_> = found.iter().map(|decided| AccountWarning::new(&show, decided, &actor)).collect();
    Ok(Answer::list(door.hub.config(), &uri, &items, ends(&found, |decided| decided.id)))
}

pub(super) async fn appeal(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:notifications")?;
    if door.hub.decision(id).await?.target != me {
        return Err(ApiError::not_found());
    }
    door.hub.appeal(id, params.text("text").unwrap_or_default()).await?;
    let decided = door.hub.decision(id).await?;
    let actor = door.hub.actor(me).await?;
    let show = Show::people(&door, Some(me), [&actor]).await?;
    Ok(Answer::one(&AccountWarning::new(&show, &decided, &actor)))
}
