//! `uploadBlob`, `listMissingBlobs` (<https://atproto.com/specs/blob>). Bytes are kept as they come; a blob that no record
//! names is shown to nobody but its owner, and removed after some hours.

use crate::{
    data::{BlobRef, Cid},
    facts::Facts,
    network::AtProto,
    pds::{Access, XrpcError, XrpcResult, access::Limit, input::Params},
};
use axum::{
    Json,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use landbridge_media::Sniffed;
use landbridge_model::Presence;
use landbridge_store::entities::atproto_blobs;
use serde::Deserialize;
use serde_json::{Value as Any, json};
use std::sync::Arc;

pub async fn upload(
    State(at): State<Arc<AtProto>>,
    access: Access,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> XrpcResult<Json<Any>> {
    let body = body.map_err(|refused| match refused.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            XrpcError { status, error: "PayloadTooLarge", message: "the file is too large".into() }
        }
        _ => XrpcError::invalid("the file broke off"),
    })?;
    let claimed = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let claimed = claimed.and_then(|value| value.split(';').next()).map(str::trim).unwrap_or_default();
    if body.is_empty() {
        return Err(XrpcError::invalid("an empty blob"));
    }
    // What the bytes are counts more than what is said of them.
    let mime = match Sniffed::of(&body) {
        Some(what) => what.mime(),
        None if claimed.is_empty() => "application/octet-stream",
        None => claimed,
    };
    access.may_upload(mime)?;
    at.guard.limits.take(share(&access.presence), access.did.as_str(), 1)?;
    access.used(&at, "put down a file");
    let cid = Cid::of_blob(&body).to_string();
    let down = XrpcError::invalid("Blob has been takendown, cannot re-upload");
    at.is_up(access.member, &cid, down).await?;
    let row = at.store_blob(access.member, body, mime).await?;
    let cid = row.cid.parse().map_err(|_| XrpcError::invalid("the blob"))?;
    let blob = BlobRef { cid, mime_type: row.mime, size: u64::try_from(row.size).unwrap_or_default() };
    Ok(Json(json!({ "blob": crate::data::Value::Map(blob.to_map()).to_json() })))
}

/// How many files a member may put down.
fn share(presence: &Presence) -> Limit {
    if Facts::of(presence).moving { Limit::Bring } else { Limit::Upload }
}

#[derive(Deserialize)]
pub struct Missing {
    limit: Option<i64>,
    #[serde(default)]
    cursor: String,
}

pub async fn missing(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Params(asked): Params<Missing>,
) -> XrpcResult<Json<Any>> {
    let limit = asked.limit.unwrap_or(500).clamp(1, 1000);
    let rows = at.hub.store().rows(atproto_blobs::missing(access.member, &asked.cursor, limit)).await;
    let mut blobs = Vec::new();
    let mut last = String::new();
    for mut row in rows.map_err(landbridge_hub::HubError::from)? {
        let (cid, path): (String, String) = (
            row.get(0).map_err(landbridge_hub::HubError::from)?,
            row.get(1).map_err(landbridge_hub::HubError::from)?,
        );
        blobs.push(json!({ "cid": cid, "recordUri": format!("at://{}/{path}", access.did) }));
        last = cid;
    }
    let mut answer = json!({ "blobs": blobs });
    if let Some(fields) = answer.as_object_mut().filter(|_| !last.is_empty()) {
        fields.insert("cursor".into(), json!(last));
    }
    Ok(Json(answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::{Id, Network, PresenceState, Time};

    #[test]
    fn whoever_moves_here_brings_more_files() {
        let presence = |moving| Presence {
            actor: Id(1),
            network: Network::AtProto,
            native_id: "did:plc:ewvi7nxzyoun6zhxrhs64oiz".into(),
            state: PresenceState::Active,
            facts: Facts { moving, ..Facts::default() }.value(),
            since: Time::default(),
        };
        assert_eq!(share(&presence(false)), Limit::Upload);
        assert_eq!(share(&presence(true)), Limit::Bring);
    }
}
