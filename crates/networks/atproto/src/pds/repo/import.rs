//! `importRepo`: a whole repository from another server, as a CAR. It replaces what is here. Nothing of it is an act of now,
//! so nothing of it crosses to other networks, and subscribers are told the final state alone.

use crate::{
    network::AtProto,
    pds::{Access, XrpcError, XrpcResult, access::Account},
    repo::{car::CarLimits, import},
};
use axum::{extract::State, http::StatusCode};
use bytes::Bytes;
use std::sync::Arc;

/// The commit may be signed by a key that the account had at its old server, so the owner alone is checked: the member is
/// signed in, and the tree is signed anew here.
pub async fn import(State(at): State<Arc<AtProto>>, access: Access, body: Bytes) -> XrpcResult<StatusCode> {
    access.may_manage(Account::Import)?;
    let did = access.did.clone();
    let checked = tokio::task::spawn_blocking(move || import::import(&body, CarLimits::REPO, &did, None));
    let imported = checked
        .await
        .map_err(|_| XrpcError::invalid("not a repository"))?
        .map_err(|error| XrpcError::invalid(format!("not a repository: {error}")))?;
    at.replace_repository(&access.presence, &imported).await?;
    Ok(StatusCode::OK)
}
