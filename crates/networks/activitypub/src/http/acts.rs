//! `GET /users/{name}/{likes,quote-stamps}/{id}`: acts that others may check, as they were sent. Follows, blocks and
//! votes are between two and not shown.

use super::Site;
use super::answer::{No, bytes};
use crate::render::tombstone;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use landbridge_hub::{CopyKind, CopyState};
use landbridge_model::Network;

pub(super) async fn act(
    State(site): State<Site>,
    Path((name, kind, id)): Path<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    if !matches!(kind.as_str(), "likes" | "quote-stamps") {
        return Err(No::NotFound);
    }
    let actor = site.member(&name).await?;
    let native_id = site.urls.at(&format!("/users/{name}/{kind}/{id}"));
    let copy = site.hub.copy(Network::ActivityPub, &native_id).await?;
    let copy = match copy {
        Some(copy) if copy.state == CopyState::Live => copy,
        Some(copy) if copy.state == CopyState::Deleted => return Err(No::Gone(tombstone(&native_id))),
        _ => return Err(No::NotFound),
    };
    match site.reader_of(actor.id, &uri, &headers).await {
        // A leave to quote is for everybody to check, also for those whom its author has blocked.
        Err(No::NotFound) if copy.kind == CopyKind::QuoteStamp => {}
        other => drop(other?),
    }
    let original = site.hub.original(Network::ActivityPub, &native_id).await?.ok_or(No::NotFound)?;
    Ok(bytes(StatusCode::OK, original.to_vec()))
}
