//! `describeRepo`.

use crate::{
    facts::Facts,
    network::AtProto,
    pds::{XrpcResult, input::Params},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub struct Asked {
    repo: String,
}

pub async fn describe(
    State(at): State<Arc<AtProto>>,
    Params(asked): Params<Asked>,
) -> XrpcResult<Json<Value>> {
    let held = at.held(&asked.repo).await?;
    let collections = at.collections(held.presence.actor).await?;
    // As others read it; while nobody can be asked, as it was registered from here.
    let document = match at.document_of(&held.did).await {
        Ok(Some(document)) => document,
        Ok(None) | Err(_) => Arc::new(at.member_document(&held.presence).await?),
    };
    let handle = Facts::of(&held.presence).handle;
    Ok(Json(json!({
        "handle": handle,
        "did": held.did,
        "handleIsCorrect": document.handle().is_some_and(|claimed| claimed == *handle),
        "didDoc": document.to_json(),
        "collections": collections,
    })))
}
