//! `GET /api/v1/tags/:name`: docs/methods/tags. Tags cannot be followed here yet, and whoever tries is told.

use crate::{
    Both,
    auth::Auth,
    door::Door,
    entities::{Show, Tag},
    error::ApiError,
    page::Answer,
};
use axum::{
    Router,
    extract::{Path, State},
    routing::{get, post},
};
use landbridge_model::richtext::normal_tag;

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/tags/{name}", get(one))
        .both("/api/v1/tags/{name}/follow", post(no_following))
        .both("/api/v1/tags/{name}/unfollow", post(no_following))
}

async fn one(State(door): State<Door>, _: Auth, Path(name): Path<String>) -> Result<Answer, ApiError> {
    let name = normal_tag(name.trim_start_matches('#'));
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(ApiError::not_found());
    }
    let show = Show::people(&door, None, []).await?;
    Ok(Answer::one(&Tag::new(&show, &name)))
}

async fn no_following(auth: Auth) -> Result<(), ApiError> {
    auth.member("write:follows")?;
    Err(ApiError::invalid("this server does not follow tags yet"))
}
