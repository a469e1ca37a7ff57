//! `getRecord`, `listRecords`.

use super::nsid;
use crate::{
    data::Value,
    network::AtProto,
    pds::{XrpcError, XrpcResult, input::Params},
    repository::StoredRecord,
};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value as Any, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub struct One {
    repo: String,
    collection: String,
    rkey: String,
    cid: Option<String>,
}

pub async fn record(State(at): State<Arc<AtProto>>, Params(asked): Params<One>) -> XrpcResult<Json<Any>> {
    let held = at.held(&asked.repo).await?;
    let collection = nsid(&asked.collection)?;
    let uri = format!("at://{}/{collection}/{}", held.did, asked.rkey);
    let found = at.record(held.presence.actor, collection.as_str(), &asked.rkey).await?;
    let found = found.filter(|record| asked.cid.as_ref().is_none_or(|cid| *cid == record.cid.to_string()));
    let missing = || XrpcError::new("RecordNotFound", format!("Could not locate record: {uri}"));
    at.is_up(held.presence.actor, &format!("{collection}/{}", asked.rkey), missing()).await?;
    Ok(Json(shown(&uri, &found.ok_or_else(missing)?)?))
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
    let place = |record: &StoredRecord| format!("at://{}/{collection}/{}", held.did, record.rkey);
    let shown = found.iter().map(|record| shown(&place(record), record)).collect::<XrpcResult<Vec<_>>>()?;
    let mut answer = json!({ "records": shown });
    if let (Some(last), Some(fields)) = (more, answer.as_object_mut()) {
        fields.insert("cursor".into(), json!(last));
    }
    Ok(Json(answer))
}

fn shown(uri: &str, record: &StoredRecord) -> XrpcResult<Any> {
    let value = Value::Map(record.record()?.fields().clone()).to_json();
    Ok(json!({ "uri": uri, "cid": record.cid.to_string(), "value": value }))
}
