//! `importRepo`: a whole repository from another server, as a CAR. It replaces what is here. Nothing of it is an act of now,
//! so nothing of it crosses to other networks, and subscribers are told the final state alone.

use crate::{
    network::AtProto,
    pds::{Access, XrpcError, XrpcResult, access::Account},
    repo::{car::CarLimits, import},
};
use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::StatusCode,
};
use bytes::Bytes;
use landbridge_hub::HubError;
use std::sync::Arc;

/// Longest repository that is taken in, in bytes.
pub const LONGEST: usize = 256 << 20;
/// Repositories that are here or on their way at the same time: each is in memory as a whole.
pub const ARRIVING_AT_ONCE: usize = 4;
/// Of these, those that are taken in at the same time.
pub const AT_ONCE: usize = 2;

/// The commit may be signed by a key that the account had at its old server, so the owner alone is checked: the member is
/// signed in, and the tree is signed anew here.
pub async fn import(State(at): State<Arc<AtProto>>, access: Access, body: Body) -> XrpcResult<StatusCode> {
    access.may_manage(Account::Import)?;
    let in_memory = at.incoming.clone().try_acquire_owned().map_err(|_| HubError::Busy)?;
    let body = to_bytes(body, LONGEST).await.map_err(|_| XrpcError {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        error: "PayloadTooLarge",
        message: format!("a repository of more than {LONGEST} bytes, or one that broke off"),
    })?;
    // Not before all of it is here: somebody's slow line would keep others waiting.
    let one_of_few = at.imports.clone().acquire_owned().await.map_err(|_| HubError::Busy)?;
    // Whoever brings it may hang up: it does not stop halfway.
    let taken_in = tokio::spawn(async move {
        let _held = (in_memory, one_of_few);
        take_in(&at, &access, body).await
    });
    taken_in.await.map_err(|_| HubError::Damaged("a repository that was brought"))??;
    Ok(StatusCode::OK)
}

async fn take_in(at: &AtProto, access: &Access, body: Bytes) -> XrpcResult<()> {
    let did = access.did.clone();
    let checked = tokio::task::spawn_blocking(move || import::import(&body, CarLimits::REPO, &did, None));
    let imported = checked
        .await
        .map_err(|_| XrpcError::invalid("not a repository"))?
        .map_err(|error| XrpcError::invalid(format!("not a repository: {error}")))?;
    Ok(at.replace_repository(&access.presence, &imported).await?)
}
