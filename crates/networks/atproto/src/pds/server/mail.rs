//! `com.atproto.server.{requestEmailConfirmation,confirmEmail,requestEmailUpdate,updateEmail,requestPasswordReset,resetPassword}`:
//! this server knows no addresses for mail and sends none, and says so.

use crate::{
    network::AtProto,
    pds::{Access, XrpcError, XrpcResult, access::Account},
};
use axum::extract::State;
use std::sync::Arc;

/// What is about the address of an account.
pub async fn none(access: Access) -> XrpcResult<()> {
    access.may_manage(Account::Everything)?;
    Err(XrpcError::invalid("this server keeps no address for mail of its members, and sends none"))
}

/// The way back in leads over the people who run the place.
pub async fn password(State(at): State<Arc<AtProto>>) -> XrpcResult<()> {
    let place = at.hub.config().url("/about");
    Err(XrpcError::invalid(format!(
        "this server sends no mail: whoever has lost their password asks those who run it ({place})"
    )))
}

pub async fn password_token() -> XrpcResult<()> {
    Err(XrpcError::new(
        "InvalidToken",
        "this server sends no mail, so there is no such token; the password is changed on the web",
    ))
}
