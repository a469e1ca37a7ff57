//! `GET /media/proxy/{signature}/{url}`: a picture from elsewhere, fetched by this server, so that looking at a page
//! tells nobody else. Only URLs that this server has signed are fetched.

use crate::web::Web;
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use landbridge_hub::HubError;

/// `?small`: its preview.
pub async fn show(
    State(web): State<Web>,
    Path((signature, url)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match web.hub.proxied_file(&signature, &url, query.as_deref() == Some("small")).await {
        Ok(file) => landbridge_media::serve(&web.hub.media().cache(), &file, &headers).await,
        Err(HubError::Busy | HubError::Remote(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
