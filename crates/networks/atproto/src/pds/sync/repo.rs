//! `getRepo`, `getLatestCommit`, `getRecord`, `getBlocks`, and the older `getCheckout` and `getHead`.

use super::{Reader, car};
use crate::{
    data::Cid,
    network::AtProto,
    pds::{XrpcError, XrpcResult, input::Params},
    repo::car::write,
};
use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
    response::Response,
};
use futures_util::stream;
use landbridge_hub::HubError;
use landbridge_store::entities::atproto_repos::RepoRow;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// Blocks of one request.
const MOST_BLOCKS: usize = 200;

#[derive(Deserialize)]
pub struct Whole {
    did: String,
    since: Option<String>,
}

/// Repositories that go out at once: each has its tree and the names of its records in memory.
pub const EXPORTS_AT_ONCE: usize = 16;
/// How long one more waits, and how long a reader may take for a piece.
const ROOM: Duration = Duration::from_secs(10);
const STALLED: Duration = Duration::from_secs(60);

/// The repository as it is at one moment ([`crate::repository::Export`]); with `since`, only what is new after that rev. 503 when
/// too many are going out.
pub async fn repo(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Params(asked): Params<Whole>,
) -> XrpcResult<Response> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let Ok(Ok(room)) = timeout(ROOM, at.exports.clone().acquire_owned()).await else {
        return Err(HubError::Busy.into());
    };
    let export = at.export(row.actor, asked.since.as_deref()).await?;
    let export = export.ok_or_else(|| XrpcError::new("RepoNotFound", "it is gone"))?;
    // Made beside the connection, so that a reader who has stopped reading does not keep its room.
    let (pieces, mut line) = mpsc::channel(1);
    tokio::spawn(async move {
        let (_room, mut export) = (room, export);
        while let Some(piece) = export.piece(&at).await.transpose() {
            if let Err(error) = piece.as_ref().map(drop)
                && !matches!(error, HubError::Busy)
            {
                tracing::error!(%error, did = row.did, "the export of a repository breaks off");
            }
            let piece = piece.map_err(std::io::Error::other);
            let broken = piece.is_err();
            if !matches!(timeout(STALLED, pieces.send(piece)).await, Ok(Ok(()))) || broken {
                break;
            }
        }
    });
    let line = stream::poll_fn(move |context| line.poll_recv(context));
    Ok(car(Body::from_stream(line)))
}

#[derive(Deserialize)]
pub struct Named {
    did: String,
}

fn head_of(row: &RepoRow) -> XrpcResult<Cid> {
    Ok(Cid::from_bytes(&row.head).map_err(|_| HubError::Damaged("the head of a repository"))?)
}

pub async fn latest(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Params(asked): Params<Named>,
) -> XrpcResult<Json<Value>> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let head = head_of(&row)?;
    Ok(Json(json!({ "cid": head.to_string(), "rev": row.rev })))
}

pub async fn head(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Params(asked): Params<Named>,
) -> XrpcResult<Json<Value>> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let head = head_of(&row)?;
    Ok(Json(json!({ "root": head.to_string() })))
}

#[derive(Deserialize)]
pub struct One {
    did: String,
    collection: String,
    rkey: String,
}

/// The proof of a record, or that there is none.
pub async fn record(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Params(asked): Params<One>,
) -> XrpcResult<Response> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let key = format!("{}/{}", asked.collection, asked.rkey);
    if !crate::repo::mst::is_key(&key) {
        return Err(XrpcError::invalid("not the place of a record"));
    }
    at.is_up(row.actor, &key, XrpcError::new("RecordNotFound", "Could not locate record")).await?;
    match at.own_proof(row.actor, &key).await? {
        Some(proof) => Ok(car(proof)),
        None => Err(XrpcError::new("RepoNotFound", "it is gone")),
    }
}

/// `did`, and `cids` as often as wanted.
pub async fn blocks(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    RawQuery(query): RawQuery,
) -> XrpcResult<Response> {
    let query = query.unwrap_or_default();
    let mut did = String::new();
    let mut cids = Vec::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "did" => did = value.into_owned(),
            "cids" => cids.push(Cid::parse(&value).map_err(|_| XrpcError::invalid("cids: not a CID"))?),
            _ => {}
        }
    }
    if cids.len() > MOST_BLOCKS {
        return Err(XrpcError::invalid(format!("at most {MOST_BLOCKS} blocks at once")));
    }
    let row = at.repo_for(&reader, &did).await?;
    let found = at.some_blocks(row.actor, &cids).await.map_err(|error| match error {
        HubError::NotFound => XrpcError::new("BlockNotFound", "one of the blocks is not in the repository"),
        other => other.into(),
    })?;
    let head = head_of(&row)?;
    Ok(car(write(&head, &found)))
}
