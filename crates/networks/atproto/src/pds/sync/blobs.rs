//! `getBlob`, `listBlobs`. Blobs are what members uploaded, unread: a browser must not take them for a page of ours
//! (<https://atproto.com/guides/blob-security>).

use super::{Reader, served};
use crate::{
    network::AtProto,
    pds::{XrpcError, XrpcResult, input::Params},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use landbridge_hub::HubError;
use landbridge_store::entities::atproto_blobs;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub struct One {
    did: String,
    cid: String,
}

pub async fn blob(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Params(asked): Params<One>,
) -> XrpcResult<Response> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let missing = || XrpcError::new("BlobNotFound", "Blob not found");
    let blob = at.blob_row(row.actor, &asked.cid).await?.ok_or_else(missing)?;
    at.is_up(row.actor, &blob.cid, missing()).await?;
    // What was put down is not yet said: it is for others when a record names it.
    let is_public = served(&row).is_ok() && at.is_named(row.actor, &blob.cid).await?;
    if !is_public && !reader.has_all_of(row.actor) {
        return Err(reader.refused(missing()));
    }
    let kept = if is_public { "public, max-age=86400" } else { "private, no-store" };
    // A video may be long: it goes out as it is read.
    let body = at.hub.media().body(&blob.file).await.ok_or_else(missing)?;
    let octets = HeaderValue::from_static("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_str(&blob.mime).unwrap_or(octets)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::CONTENT_LENGTH, HeaderValue::from(blob.size.max(0))),
    ];
    Ok((headers, body).into_response())
}

#[derive(Deserialize)]
pub struct Page {
    did: String,
    #[serde(default)]
    since: String,
    limit: Option<i64>,
    #[serde(default)]
    cursor: String,
}

pub async fn list(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Params(asked): Params<Page>,
) -> XrpcResult<Json<Value>> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let limit = asked.limit.unwrap_or(500).clamp(1, 1000);
    let rows = atproto_blobs::listed(row.actor, &asked.since, &asked.cursor, limit);
    let mut cids: Vec<String> = Vec::new();
    for mut row in at.hub.store().rows(rows).await.map_err(HubError::from)? {
        cids.push(row.get(0).map_err(HubError::from)?);
    }
    let more = cids.last().filter(|_| cids.len() as i64 == limit).cloned();
    let down = at.takedowns(row.actor).await?;
    cids.retain(|cid| !down.contains(cid));
    let mut answer = json!({ "cids": cids });
    if let (Some(last), Some(fields)) = (more, answer.as_object_mut()) {
        fields.insert("cursor".into(), json!(last));
    }
    Ok(Json(answer))
}
