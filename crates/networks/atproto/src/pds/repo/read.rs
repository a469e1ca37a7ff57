//! `getRecord`, `listRecords`.

use super::{elsewhere, nsid};
use crate::{
    data::{Cid, Record, Value},
    network::AtProto,
    pds::{XrpcError, XrpcResult, input::Params, sync::Reader},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value as Any, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub struct One {
    pub(super) repo: String,
    pub(super) collection: String,
    pub(super) rkey: String,
    cid: Option<String>,
}

impl One {
    /// Whether it is the version that is asked for.
    pub(super) fn is_version(&self, cid: Cid) -> bool {
        self.cid.as_ref().is_none_or(|asked| *asked == cid.to_string())
    }
}

pub async fn record(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    uri: Uri,
    headers: HeaderMap,
    Params(asked): Params<One>,
) -> XrpcResult<Response> {
    let Some(held) = at.held_here(&asked.repo).await? else {
        return elsewhere::record(&at, &reader, &asked, &uri, &headers).await;
    };
    let collection = nsid(&asked.collection)?;
    let place = format!("at://{}/{collection}/{}", held.did, asked.rkey);
    let found = at.record(held.presence.actor, collection.as_str(), &asked.rkey).await?;
    let found = found.filter(|record| asked.is_version(record.cid));
    let missing = || XrpcError::new("RecordNotFound", format!("Could not locate record: {place}"));
    at.is_up(held.presence.actor, &format!("{collection}/{}", asked.rkey), missing()).await?;
    Ok(Json(shown(&place, &found.ok_or_else(missing)?.record()?)).into_response())
}

#[derive(Deserialize)]
pub struct Many {
    repo: String,
    collection: String,
    limit: Option<i64>,
    cursor: Option<String>,
    #[serde(default)]
    reverse: bool,
}

/// Newest first, unless `reverse`.
pub async fn records(State(at): State<Arc<AtProto>>, Params(asked): Params<Many>) -> XrpcResult<Json<Any>> {
    let held = at.held(&asked.repo).await?;
    let collection = nsid(&asked.collection)?;
    let limit = asked.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(XrpcError::invalid("limit must be from 1 to 100"));
    }
    let (actor, cursor) = (held.presence.actor, asked.cursor.as_deref());
    let mut found = at.records(actor, collection.as_str(), cursor, limit, asked.reverse).await?;
    let more = found.last().filter(|_| found.len() as i64 == limit).map(|record| record.rkey.clone());
    at.without_takedowns(actor, collection.as_str(), &mut found).await?;
    let mut records = Vec::with_capacity(found.len());
    for stored in &found {
        let place = format!("at://{}/{collection}/{}", held.did, stored.rkey);
        records.push(shown(&place, &stored.record()?));
    }
    let mut answer = json!({ "records": records });
    if let (Some(last), Some(fields)) = (more, answer.as_object_mut()) {
        fields.insert("cursor".into(), json!(last));
    }
    Ok(Json(answer))
}

pub(super) fn shown(uri: &str, record: &Record) -> Any {
    let value = Value::Map(record.fields().clone()).to_json();
    json!({ "uri": uri, "cid": record.cid().to_string(), "value": value })
}
