//! `POST /api/landbridge/v1/preview`: what each network would show of a post, before it is sent. Takes the parameters of
//! `POST /api/v1/statuses`.

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params, statuses::draft};
use axum::extract::State;
use serde_json::json;

pub(super) async fn post(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let previews = door.hub.preview(&draft(me, &params)?).await?;
    let shown: Vec<_> = previews
        .iter()
        .map(|p| json!({ "network": p.network.key(), "label": p.network.label(), "reaches": p.reaches.is_ok(), "why_not": p.reaches.err(), "notes": p.notes }))
        .collect();
    Ok(Answer::one(&shown))
}
