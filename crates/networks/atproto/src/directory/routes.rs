//! `/plc/DID`, `/plc/DID/data`, `/plc/DID/log`, `/plc/DID/log/audit`, `/plc/DID/log/last`: a trial's directory for other
//! programs on the machine. Where DIDs are registered elsewhere there are no such routes.

use crate::{identity::plc::LogEntry, identity::plc::Signed, network::AtProto, syntax::Did};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use landbridge_hub::HubError;
use serde_json::{Value, json};
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/plc/{did}", get(document).post(register))
        .route("/plc/{did}/data", get(data))
        .route("/plc/{did}/log", get(log))
        .route("/plc/{did}/log/audit", get(audit))
        .route("/plc/{did}/log/last", get(last))
}

async fn document(State(at): State<Arc<AtProto>>, Path(did): Path<String>) -> Response {
    answer(&did, async |did| Ok(at.plc_document(did).await?.map(|document| document.to_json()))).await
}

async fn data(State(at): State<Arc<AtProto>>, Path(did): Path<String>) -> Response {
    answer(&did, async |did| {
        let Some((_, operation)) = at.plc_data(did).await? else { return Ok(None) };
        let mut json = operation.to_json();
        if let Some(fields) = json.as_object_mut() {
            ["type", "prev", "sig"].iter().for_each(|field| drop(fields.remove(*field)));
            fields.insert("did".into(), json!(did));
        }
        Ok(Some(json))
    })
    .await
}

async fn log(State(at): State<Arc<AtProto>>, Path(did): Path<String>) -> Response {
    list(&at, &did, |_, entry| (!entry.nullified).then(|| entry.operation.to_json())).await
}

async fn audit(State(at): State<Arc<AtProto>>, Path(did): Path<String>) -> Response {
    list(&at, &did, |did, entry| {
        Some(json!({
            "did": did,
            "operation": entry.operation.to_json(),
            "cid": entry.operation.cid().to_string(),
            "nullified": entry.nullified,
            "createdAt": crate::syntax::Datetime::of(entry.created_at).as_str(),
        }))
    })
    .await
}

async fn last(State(at): State<Arc<AtProto>>, Path(did): Path<String>) -> Response {
    answer(&did, async |did| {
        let log = at.plc_log(did).await?;
        Ok(log.iter().rev().find(|entry| !entry.nullified).map(|entry| entry.operation.to_json()))
    })
    .await
}

async fn list(at: &AtProto, did: &str, show: fn(&Did, &LogEntry) -> Option<Value>) -> Response {
    answer(did, async |did| {
        let log = at.plc_log(did).await?;
        let shown: Vec<Value> = log.iter().filter_map(|entry| show(did, entry)).collect();
        Ok(if shown.is_empty() { None } else { Some(Value::Array(shown)) })
    })
    .await
}

async fn answer(did: &str, find: impl AsyncFnOnce(&Did) -> Result<Option<Value>, HubError>) -> Response {
    let Ok(did) = Did::parse(did) else { return refused(StatusCode::BAD_REQUEST, "not a DID") };
    match find(&did).await {
        Ok(Some(found)) => Json(found).into_response(),
        Ok(None) => refused(StatusCode::NOT_FOUND, "DID not registered"),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn register(
    State(at): State<Arc<AtProto>>,
    Path(did): Path<String>,
    Json(operation): Json<Value>,
) -> Response {
    let Ok(did) = Did::parse(&did) else { return refused(StatusCode::BAD_REQUEST, "not a DID") };
    let operation = match Signed::from_json(&operation) {
        Ok(operation) => operation,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match at.register(&did, &operation).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "message": why }))).into_response()
}
