//! `GET|POST /api/v1/markers`: docs/methods/markers

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use http::Uri;
use landbridge_model::Id;
use serde_json::{Map, json};

const TIMELINES: [&str; 2] = ["home", "notifications"];

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    markers(&door, me, &Params::query(&uri).texts("timeline")).await
}

pub(super) async fn post(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let mut set = Vec::new();
    for timeline in TIMELINES {
        if let Some(id) = params.at(timeline).id("last_read_id") {
            door.hub.set_marker(me, timeline, id).await?;
            set.push(timeline.to_owned());
        }
    }
    markers(&door, me, &set).await
}

async fn markers(door: &Door, me: Id, wanted: &[String]) -> Result<Answer, ApiError> {
    let mut shown = Map::new();
    for (timeline, last_read, version, at) in door.hub.markers(me).await? {
        if wanted.contains(&timeline) {
            let marker = json!({ "last_read_id": last_read, "version": version, "updated_at": at.rfc3339() });
            shown.insert(timeline, marker);
        }
    }
    Ok(Answer::one(&shown))
}
