//! `GET /api/v1/timelines/home`: docs/methods/timelines#home

use crate::{
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    let make = async {
        let views = door.hub.home(me, page(&Params::query(&uri), 20)).await?;
        door.statuses(&uri, Some(me), &views).await
    };
    door.remembered(Some(me), &uri, make).await
}
