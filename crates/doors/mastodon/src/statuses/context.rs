//! `GET /api/v1/statuses/:id/context`: docs/methods/statuses#context

use crate::{
    at::At,
    auth::Auth,
    conversations::log,
    door::Door,
    entities::{Show, Status},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;
use landbridge_hub::PostView;
use serde::Serialize;

pub(super) async fn get(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    let mut thread = door.hub.thread(id, reader).await?;
    if let Some(me) = reader
        && let Some(room) = door.hub.room_around(me, id).await?
    {
        thread = room;
    }
    log(&door, &auth, thread.ancestors.iter().chain(&thread.descendants)).await?;
    if reader.is_some() {
        // Replies that have not come here by themselves are there at the next look.
        let hub = door.hub.clone();
        tokio::spawn(async move {
            if let Err(why) = hub.backfill(id).await {
                tracing::debug!(%why, "more of a thread could not be fetched");
            }
        });
    }
    let show = Show::posts(&door, reader, thread.ancestors.iter().chain(&thread.descendants)).await?;
    Ok(Answer::one(&Context {
        ancestors: list(&show, &thread.ancestors),
        descendants: list(&show, &thread.descendants),
    }))
}

/// docs/entities/Context
#[derive(Serialize)]
struct Context<'a> {
    ancestors: Vec<Status<'a>>,
    descendants: Vec<Status<'a>>,
}

fn list<'a>(show: &Show<'_>, views: &'a [PostView]) -> Vec<Status<'a>> {
    views.iter().map(|view| Status::new(show, view)).collect()
}
