//! `com.atproto.sync.*`: what relays and readers ask of the server (<https://atproto.com/specs/sync>).

mod blobs;
mod list;
mod repo;
mod subscribe;

pub use repo::EXPORTS_AT_ONCE;

use super::{
    Access, XrpcError, XrpcResult,
    access::{Admin, authorization},
};
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
        // As older programs ask for the same two.
        .route("/xrpc/com.atproto.sync.getCheckout", get(repo::repo))
        .route("/xrpc/com.atproto.sync.getHead", get(repo::head))
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

    /// The row of a repository that is served to whoever asks: its owner always has it, to take it along.
    async fn repo_for(&self, reader: &Reader, did: &str) -> XrpcResult<RepoRow> {
        let row = self.repo_named(did).await?;
        if reader.has_all_of(row.actor) {
            return Ok(row);
        }
        served(&row).map(|()| row).map_err(|refusal| reader.refused(refusal))
    }
}

/// Who reads a repository.
pub(super) enum Reader {
    Anybody,
    /// Whoever brings an authorization that does not hold: why. What is public is there for them, too.
    Unproven(XrpcError),
    /// A member who says so.
    Member(Id),
    /// Whoever has the operator's token.
    Operator,
}

impl Reader {
    /// Whether they are no strangers.
    pub fn is_known(&self) -> bool {
        matches!(self, Reader::Member(_) | Reader::Operator)
    }

    /// What is said when something is refused. Whoever may be the owner has to hear what is wrong with their authorization:
    /// they renew it and try again.
    pub fn refused(&self, refusal: XrpcError) -> XrpcError {
        match self {
            Reader::Unproven(why) => why.clone(),
            _ => refusal,
        }
    }

    /// Whether they read what is not for others: their own, or as the operator.
    fn has_all_of(&self, owner: Id) -> bool {
        match self {
            Reader::Anybody | Reader::Unproven(_) => false,
            Reader::Member(member) => *member == owner,
            Reader::Operator => true,
        }
    }
}

impl FromRequestParts<Arc<AtProto>> for Reader {
    type Rejection = XrpcError;

    async fn from_request_parts(parts: &mut Parts, at: &Arc<AtProto>) -> XrpcResult<Reader> {
        let scheme = match authorization(&parts.headers) {
            Ok(given) => given.map(|(scheme, _)| scheme),
            Err(why) => return Ok(Reader::Unproven(why)),
        };
        let known = match scheme {
            Some("basic") => Admin::from_request_parts(parts, at).await.map(|Admin| Reader::Operator),
            Some(_) => {
                let access = Access::from_request_parts(parts, at).await;
                access.map(|access| Reader::Member(access.member))
            }
            None => return Ok(Reader::Anybody),
        };
        Ok(known.unwrap_or_else(Reader::Unproven))
    }
}

fn car(bytes: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.ipld.car")], bytes.into()).into_response()
}
