//! `com.atproto.repo.*`: records, blobs, whole repositories (<https://atproto.com/specs/repository>).

mod blobs;
mod describe;
mod elsewhere;
mod import;
mod read;
mod write;

use super::{XrpcError, XrpcResult};
use crate::{
    network::AtProto,
    syntax::{AtIdentifier, Did, Nsid, RecordKey},
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use landbridge_model::Presence;
use std::sync::Arc;

pub use import::{ARRIVING_AT_ONCE, AT_ONCE as IMPORTS_AT_ONCE, LONGEST as LONGEST_IMPORT};

pub fn router(at: &AtProto) -> Router<Arc<AtProto>> {
    let file = usize::try_from(at.hub.config().limits.video_size).unwrap_or(usize::MAX);
    let file = DefaultBodyLimit::max(file);
    Router::new()
        .route("/xrpc/com.atproto.repo.createRecord", post(write::create))
        .route("/xrpc/com.atproto.repo.putRecord", post(write::put))
        .route("/xrpc/com.atproto.repo.deleteRecord", post(write::delete))
        .route("/xrpc/com.atproto.repo.applyWrites", post(write::apply))
        .route("/xrpc/com.atproto.repo.getRecord", get(read::record))
        .route("/xrpc/com.atproto.repo.listRecords", get(read::records))
        .route("/xrpc/com.atproto.repo.describeRepo", get(describe::describe))
        .route("/xrpc/com.atproto.repo.uploadBlob", post(blobs::upload).layer(file))
        .route("/xrpc/com.atproto.repo.listMissingBlobs", get(blobs::missing))
        .route("/xrpc/com.atproto.repo.importRepo", post(import::import))
}

/// A repository that is held here and served.
pub(super) struct Held {
    pub presence: Presence,
    pub did: Did,
}

impl AtProto {
    /// The repository that somebody names, by handle or DID.
    pub(super) async fn held(&self, name: &str) -> XrpcResult<Held> {
        self.held_here(name).await?.ok_or_else(|| gone(name))
    }

    /// The same where it may be somewhere else.
    async fn held_here(&self, name: &str) -> XrpcResult<Option<Held>> {
        let presence = match &whose(name)? {
            AtIdentifier::Handle(handle) => self.member_with_handle(handle).await?,
            AtIdentifier::Did(did) => self.member_with_did(did).await?,
        };
        let Some(presence) = presence else { return Ok(None) };
        let Some(row) = self.repo_row(presence.actor).await? else { return Ok(None) };
        super::sync::served(&row)?;
        let did = Did::parse(&row.did).map_err(|_| gone(name))?;
        Ok(Some(Held { presence, did }))
    }
}

fn gone(name: &str) -> XrpcError {
    XrpcError::new("RepoNotFound", format!("Could not find repo: {name}"))
}

fn whose(name: &str) -> XrpcResult<AtIdentifier> {
    AtIdentifier::parse(name).map_err(|_| XrpcError::invalid("repo is no handle and no DID"))
}

pub(super) fn nsid(text: &str) -> XrpcResult<Nsid> {
    Nsid::parse(text).map_err(|error| XrpcError::invalid(format!("collection: {error}")))
}

pub(super) fn rkey(text: &str) -> XrpcResult<RecordKey> {
    RecordKey::parse(text).map_err(|error| XrpcError::invalid(format!("rkey: {error}")))
}
