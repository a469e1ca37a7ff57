//! `/api/v1/polls/:id`: docs/methods/polls. A poll has the id of its post.

use crate::{
    Both,
    at::At,
    auth::Auth,
    door::Door,
    entities::{Poll, Show},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use landbridge_hub::PostView;
use landbridge_model::Id;

pub(crate) fn routes() -> Router<Door> {
    Router::new().both("/api/v1/polls/{id}", get(one)).both("/api/v1/polls/{id}/votes", post(vote))
}

async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    poll(&door, reader, &door.hub.view(id, reader).await?).await
}

async fn vote(State(door): State<Door>, auth: Auth, At(id): At, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    door.hub.view(id, Some(me)).await?;
    let choices = params.texts("choices");
    let choices: Result<Vec<usize>, _> = choices.iter().map(|c| c.trim().parse()).collect();
    let choices = choices.map_err(|_| ApiError::invalid("choices: there is no such option"))?;
    door.hub.vote(me, id, &choices, None).await?;
    poll(&door, Some(me), &door.hub.view(id, Some(me)).await?).await
}

async fn poll(door: &Door, reader: Option<Id>, view: &PostView) -> Result<Answer, ApiError> {
    let show = Show::people(door, reader, []).await?;
    Poll::new(&show, view).map(|poll| Answer::one(&poll)).ok_or_else(ApiError::not_found)
}
