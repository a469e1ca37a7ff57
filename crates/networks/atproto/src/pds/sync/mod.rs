//! `com.atproto.sync.*`: what relays and readers ask of the server (<https://atproto.com/specs/sync>).

mod blobs;
mod list;
mod repo;
mod subscribe;

pub use repo::EXPORTS_AT_ONCE;

use super::{Access, XrpcError, XrpcResult};
use crate::{network::AtProto, syntax::Did};
use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use landbridge_model::Id;
use landbridge_store::entities::atproto_repos::RepoRow;
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/xrpc/com.atproto.sync.getRepo", get(repo::repo))
        .route("/xrpc/com.atproto.sync.getLatestCommit", get(repo::latest))
        .route("/xrpc/com.atproto.sync.getRecord", get(repo::record))
        .route("/xrpc/com.atproto.sync.getBlocks", get(repo::blocks))
        .route("/xrpc/com.atproto.sync.getRepoStatus", get(list::status))
        .route("/xrpc/com.atproto.sync.listRepos", get(list::repos))
        .route("/xrpc/com.atproto.sync.getBlob", get(blobs::blob))
        .route("/xrpc/com.atproto.sync.listBlobs", get(blobs::list))
        .route("/xrpc/com.atproto.sync.subscribeRepos", get(subscribe::subscribe))
}

/// Fails with the protocol's word when a repository is not served.
pub(super) fn served(row: &RepoRow) -> XrpcResult<()> {
    let did = &row.did;
    match row.state.as_str() {
        "" => Ok(()),
        "deactivated" => Err(XrpcError::new("RepoDeactivated", format!("Repo has been deactivated: {did}"))),
        "takendown" => Err(XrpcError::new("RepoTakendown", format!("Repo has been taken down: {did}"))),
        "suspended" => Err(XrpcError::new("RepoSuspended", format!("Repo has been suspended: {did}"))),
        _ => Err(XrpcError::new("RepoNotFound", format!("Could not find repo for DID: {did}"))),
    }
}

impl AtProto {
    /// The row of a repository that is held here, served or not.
    async fn repo_named(&self, did: &str) -> XrpcResult<RepoRow> {
        let did = Did::parse(did).map_err(|error| XrpcError::invalid(error.to_string()))?;
        let missing = || XrpcError::new("RepoNotFound", format!("Could not find repo for DID: {did}"));
        self.repo_of(did.as_str()).await?.ok_or_else(missing)
    }

    /// The row of a repository that is served.
    async fn repo_served(&self, did: &str) -> XrpcResult<RepoRow> {
        let row = self.repo_named(did).await?;
        served(&row).map(|()| row)
    }

    /// The same for whoever asks: its owner always has it, to take it along.
    async fn repo_for(&self, reader: &Reader, did: &str) -> XrpcResult<RepoRow> {
        let row = self.repo_named(did).await?;
        if reader.0 == Some(row.actor) { Ok(row) } else { served(&row).map(|()| row) }
    }
}

/// Who reads a repository: a member who says so, or anybody.
pub(super) struct Reader(Option<Id>);

impl FromRequestParts<Arc<AtProto>> for Reader {
    type Rejection = XrpcError;

    async fn from_request_parts(parts: &mut Parts, at: &Arc<AtProto>) -> XrpcResult<Reader> {
        // What is public is there for whoever brings a token that means nothing, too.
        let known = match parts.headers.contains_key(header::AUTHORIZATION) {
            true => Access::from_request_parts(parts, at).await.ok(),
            false => None,
        };
        Ok(Reader(known.map(|access| access.member)))
    }
}

fn car(bytes: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.ipld.car")], bytes.into()).into_response()
}
