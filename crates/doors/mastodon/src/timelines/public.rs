//! `GET /api/v1/timelines/public`: docs/methods/timelines#public

use crate::{
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_hub::reading::PublicTimeline;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    let make = async {
        let params = Params::query(&uri);
        let what = PublicTimeline {
            local: params.is("local"),
            remote: params.is("remote"),
            only_media: params.is("only_media"),
            ..PublicTimeline::default()
        };
        let views = door.hub.public(&what, reader, page(&params, 20)).await?;
        door.statuses(&uri, reader, &views).await
    };
    door.remembered(reader, &uri, make).await
}
