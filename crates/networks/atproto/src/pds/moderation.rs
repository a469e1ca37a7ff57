//! `com.atproto.moderation.createReport`: kept for the people who run this place, and passed on to who the app names or to the
//! usual service.

use super::{Access, XrpcError, XrpcResult, proxy};
use crate::{
    network::AtProto,
    syntax::{AtUri, Did, Nsid},
};
use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
    routing::post,
};
use landbridge_hub::{CopyKind, publish::NewReport};
use landbridge_model::{Id, Network, Time};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const METHOD: &str = "com.atproto.moderation.createReport";
/// Characters of a report's words that are kept.
const LONGEST: usize = 1000;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new().route(&format!("/xrpc/{METHOD}"), post(create))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    reason_type: String,
    #[serde(default)]
    reason: String,
    subject: Value,
}

async fn create(
    State(at): State<Arc<AtProto>>,
    access: Access,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> XrpcResult<Response> {
    let body = proxy::read(body, &Method::POST).await?;
    let report: Report = serde_json::from_slice(&body).map_err(|why| XrpcError::invalid(why.to_string()))?;
    let (did, post) = subject(&report.subject)?;
    let target = match at.target(METHOD, &headers).await {
        Ok(target) => Some(target),
        Err(_) if !headers.contains_key("atproto-proxy") => None,
        Err(other) => return Err(other),
    };
    let service = target.as_ref().map(|target| target.service());
    access.may_call(METHOD, service.as_deref().unwrap_or_default())?;
    let kept = keep(&at, &access, &report, &did, post.as_deref()).await?;
    access.used(&at, "reported");
    if let Some(target) = target {
        let method = Nsid::parse(METHOD).map_err(|_| XrpcError::invalid("no method"))?;
        let answer = at.ask(&access, &method, &target, &Method::POST, &uri, &headers, body).await?;
        return Ok(proxy::shown(answer));
    }
    let id = kept.ok_or_else(|| {
        XrpcError::invalid("nobody here knows this account, and no other service is configured")
    })?;
    Ok(Json(json!({
        "id": id.0,
        "reasonType": report.reason_type,
        "reason": report.reason,
        "subject": report.subject,
        "reportedBy": access.did,
        "createdAt": Time::now().rfc3339(),
    }))
    .into_response())
}

/// The account, and the post if it is about one.
fn subject(subject: &Value) -> XrpcResult<(Did, Option<String>)> {
    let text = |field: &str| subject.get(field).and_then(Value::as_str);
    if let Some(uri) = text("uri") {
        let uri = AtUri::parse(uri).map_err(|why| XrpcError::invalid(why.to_string()))?;
        let did = uri.did().ok_or_else(|| XrpcError::invalid("the subject names no DID"))?;
        return Ok((did.clone(), Some(uri.to_string())));
    }
    let did = text("did").and_then(|did| Did::parse(did).ok());
    Ok((did.ok_or_else(|| XrpcError::invalid("a report needs a subject"))?, None))
}

/// Keeps it here, if we know whom it is about.
async fn keep(
    at: &AtProto,
    access: &Access,
    report: &Report,
    did: &Did,
    post: Option<&str>,
) -> XrpcResult<Option<Id>> {
    let Some(target) = at.hub.actor_by_native(Network::AtProto, did.as_str()).await? else { return Ok(None) };
    let post = match post {
        Some(uri) => at.hub.copy(Network::AtProto, uri).await?,
        None => None,
    };
    let posts: Vec<Id> =
        post.filter(|copy| copy.kind == CopyKind::Post).map(|copy| copy.object).into_iter().collect();
    let comment: String = report.reason.chars().take(LONGEST).collect();
    let kind = report.reason_type.rsplit("reason").next().unwrap_or_default().to_ascii_lowercase();
    let category = if kind.contains("spam") {
        "spam"
    } else if kind.contains("violation") {
        "violation"
    } else {
        "other"
    };
    let new =
        NewReport { target: target.id, posts: &posts, comment: &comment, category, ..NewReport::default() };
    Ok(Some(at.hub.report(access.member, new).await?))
}
