//! `com.atproto.admin.*`: for the operator, with HTTP Basic `admin:TOKEN`.

mod accounts;
mod subjects;

use super::{XrpcError, XrpcResult, access::Admin};
use crate::network::AtProto;
use axum::{
    Json, Router,
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    let name = |method: &str| format!("/xrpc/com.atproto.admin.{method}");
    Router::new()
        .route(&name("getAccountInfo"), get(accounts::one))
        .route(&name("getAccountInfos"), get(accounts::many))
        .route(&name("updateAccountHandle"), post(accounts::rename))
        .route(&name("updateAccountPassword"), post(accounts::set_password))
        .route(&name("updateAccountEmail"), post(no_mail))
        .route(&name("sendEmail"), post(no_mail))
        .route(&name("deleteAccount"), post(accounts::delete))
        .route(&name("getSubjectStatus"), get(subjects::status))
        .route(&name("updateSubjectStatus"), post(subjects::update))
        .route(&name("getInviteCodes"), get(no_codes))
        .route(&name("disableInviteCodes"), post(not_kept))
        .route(&name("disableAccountInvites"), post(not_kept))
        .route(&name("enableAccountInvites"), post(not_kept))
}

async fn no_mail(_admin: Admin) -> XrpcResult<()> {
    Err(XrpcError::invalid("this server keeps no address for mail of its members, and sends none"))
}

/// Only hashes of invitations are kept: there is nothing to list.
async fn no_codes(_admin: Admin) -> Json<Value> {
    Json(json!({ "codes": [] }))
}

async fn not_kept(_admin: Admin) -> XrpcResult<()> {
    Err(XrpcError::invalid(
        "invitations are kept as hashes alone, and who may invite is decided in the configuration",
    ))
}
