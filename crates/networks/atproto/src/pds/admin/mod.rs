//! `com.atproto.admin.*`: for the operator, with HTTP Basic `admin:TOKEN`.

mod accounts;
mod subjects;

use super::{XrpcError, XrpcResult, access::Admin, server::invites};
use crate::network::AtProto;
use axum::{
    Router,
    routing::{get, post},
};
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
        .route(&name("getInviteCodes"), get(invites::all))
        .route(&name("disableInviteCodes"), post(invites::disable))
        .route(&name("disableAccountInvites"), post(invites::forbid))
        .route(&name("enableAccountInvites"), post(invites::allow))
}

async fn no_mail(_admin: Admin) -> XrpcResult<()> {
    Err(XrpcError::invalid("this server keeps no address for mail of its members, and sends none"))
}
