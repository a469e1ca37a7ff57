//! `getRepo`, `getLatestCommit`, `getRecord`, `getBlocks`.

use super::{Reader, car};
use crate::{
    data::Cid,
    network::AtProto,
    pds::{XrpcError, XrpcResult},
    repo::car::{write, write_block, write_header},
};
use axum::{
    Json,
    body::Body,
    extract::{Query, RawQuery, State},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use landbridge_hub::HubError;
use landbridge_store::Row;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Bytes that are handed on at once.
const PIECE: usize = 256 << 10;
/// Blocks of one request.
const MOST_BLOCKS: usize = 200;

#[derive(Deserialize)]
pub struct Whole {
    did: String,
    since: Option<String>,
}

/// The repository as it is at one moment, the commit first; with `since`, only what is new after that rev.
pub async fn repo(
    State(at): State<Arc<AtProto>>,
    reader: Reader,
    Query(asked): Query<Whole>,
) -> XrpcResult<Response> {
    let row = at.repo_for(&reader, &asked.did).await?;
    let found = at.snapshot(row.actor, asked.since.as_deref()).await?;
    let (row, blocks) = found.ok_or_else(|| XrpcError::new("RepoNotFound", "it is gone"))?;
    let head = Cid::from_bytes(&row.head).map_err(|_| HubError::Damaged("the head of a repository"))?;
    let commit = at.some_blocks(row.actor, &[head]).await;
    // The newest commit may have been replaced since the snapshot was taken: then it is in the snapshot alone.
    let mut start = Vec::with_capacity(PIECE);
    write_header(&[head], &mut start);
    if let Ok(commit) = &commit {
        commit.iter().for_each(|block| write_block(&block.cid, &block.bytes, &mut start));
    }
    let pieces =
        Pieces { rows: blocks.into_iter(), skip: commit.is_ok().then_some(row.head), start: Some(start) };
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)));
    Ok(car(body))
}

/// A CAR file, made as it is asked for.
struct Pieces {
    rows: std::vec::IntoIter<Row>,
    /// A CID that stands at the beginning already.
    skip: Option<Vec<u8>>,
    start: Option<Vec<u8>>,
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut out = self.start.take().unwrap_or_else(|| Vec::with_capacity(PIECE + 4096));
        while out.len() < PIECE {
            let Some(mut row) = self.rows.next() else { break };
            let (Ok(cid), Ok(bytes)) = (row.get::<Vec<u8>>(0), row.get::<Vec<u8>>(1)) else { continue };
            if self.skip.as_ref() == Some(&cid) {
                continue;
            }
            if let Ok(cid) = Cid::from_bytes(&cid) {
                write_block(&cid, &bytes, &mut out);
            }
        }
        (!out.is_empty()).then(|| out.into())
    }
}

#[derive(Deserialize)]
pub struct Named {
    did: String,
}

pub async fn latest(State(at): State<Arc<AtProto>>, Query(asked): Query<Named>) -> XrpcResult<Json<Value>> {
    let row = at.repo_served(&asked.did).await?;
    let head = Cid::from_bytes(&row.head).map_err(|_| HubError::Damaged("the head of a repository"))?;
    Ok(Json(json!({ "cid": head.to_string(), "rev": row.rev })))
}

#[derive(Deserialize)]
pub struct One {
    did: String,
    collection: String,
    rkey: String,
}

/// The proof of a record, or that there is none.
pub async fn record(State(at): State<Arc<AtProto>>, Query(asked): Query<One>) -> XrpcResult<Response> {
    let row = at.repo_served(&asked.did).await?;
    let key = format!("{}/{}", asked.collection, asked.rkey);
    if !crate::repo::mst::is_key(&key) {
        return Err(XrpcError::invalid("not the place of a record"));
    }
    match at.own_proof(row.actor, &key).await? {
        Some(proof) => Ok(car(proof)),
        None => Err(XrpcError::new("RepoNotFound", "it is gone")),
    }
}

/// `did`, and `cids` as often as wanted.
pub async fn blocks(State(at): State<Arc<AtProto>>, RawQuery(query): RawQuery) -> XrpcResult<Response> {
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
    let row = at.repo_served(&did).await?;
    let found = at.some_blocks(row.actor, &cids).await.map_err(|error| match error {
        HubError::NotFound => XrpcError::new("BlockNotFound", "one of the blocks is not in the repository"),
        other => other.into(),
    })?;
    let head = Cid::from_bytes(&row.head).map_err(|_| HubError::Damaged("the head of a repository"))?;
    Ok(car(write(&head, &found)))
}
