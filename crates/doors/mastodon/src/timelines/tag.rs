//! `GET /api/v1/timelines/tag/:tag`: docs/methods/timelines#tag

use crate::{
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::{Path, State};
use http::Uri;
use landbridge_hub::reading::PublicTimeline;

/// The tag or any of `any[]`; with all of `all[]`, without `none[]`.
pub(super) async fn get(
    State(door): State<Door>,
    auth: Auth,
    uri: Uri,
    Path(tag): Path<String>,
) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    let params = Params::query(&uri);
    let several = |key: &str| params.texts(key).into_iter().take(20).collect::<Vec<_>>();
    let what = PublicTimeline {
        local: params.is("local"),
        remote: params.is("remote"),
        only_media: params.is("only_media"),
        tags_any: std::iter::once(tag).chain(several("any")).collect(),
        tags_all: several("all"),
        tags_none: several("none"),
    };
    let make = async {
        let views = door.hub.public(&what, reader, page(&params, 20)).await?;
        door.statuses(&uri, reader, &views).await
    };
    door.remembered(reader, &uri, make).await
}
