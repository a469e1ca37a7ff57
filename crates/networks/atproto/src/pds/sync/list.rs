//! `getRepoStatus`, `listRepos`.

use crate::{
    data::Cid,
    network::AtProto,
    pds::{XrpcError, XrpcResult, input::Params},
};
use axum::{Json, extract::State};
use landbridge_hub::HubError;
use landbridge_model::Id;
use landbridge_store::entities::atproto_repos::{self, RepoRow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub struct Named {
    did: String,
}

pub async fn status(State(at): State<Arc<AtProto>>, Params(asked): Params<Named>) -> XrpcResult<Json<Value>> {
    let row = at.repo_named(&asked.did).await?;
    Ok(Json(match row.state.as_str() {
        "" => json!({ "did": row.did, "active": true, "rev": row.rev }),
        state => json!({ "did": row.did, "active": false, "status": state }),
    }))
}

#[derive(Deserialize)]
pub struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

pub async fn repos(State(at): State<Arc<AtProto>>, Params(asked): Params<Page>) -> XrpcResult<Json<Value>> {
    let limit = asked.limit.unwrap_or(500).clamp(1, 1000);
    let after = match asked.cursor.as_deref() {
        None | Some("") => Id(-1),
        Some(cursor) => Id(cursor.parse().map_err(|_| XrpcError::invalid("cursor"))?),
    };
    let mut repos = Vec::new();
    let mut last = None;
    let rows = at.hub.store().rows(atproto_repos::list(after, limit)).await.map_err(HubError::from)?;
    for mut row in rows {
        let row = RepoRow::read(&mut row).map_err(HubError::from)?;
        let head = Cid::from_bytes(&row.head).map_err(|_| HubError::Damaged("the head of a repository"))?;
        let mut shown = json!({
            "did": row.did,
            "head": head.to_string(),
            "rev": row.rev,
            "active": row.state.is_empty(),
        });
        if let Some(fields) = shown.as_object_mut().filter(|_| !row.state.is_empty()) {
            fields.insert("status".into(), json!(row.state));
        }
        repos.push(shown);
        last = Some(row.actor);
    }
    let mut answer = json!({ "repos": repos });
    if let (Some(last), Some(fields)) = (last, answer.as_object_mut())
        && repos.len() as i64 == limit
    {
        fields.insert("cursor".into(), json!(last.0.to_string()));
    }
    Ok(Json(answer))
}
