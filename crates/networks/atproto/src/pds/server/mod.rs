//! `com.atproto.server.*`: accounts and their sign-ins.

mod account;
mod app_passwords;
mod create;
mod describe;
pub mod invites;
mod mail;
mod service_auth;
mod session;

pub use app_passwords::{AppPassword, create_app_password};
pub use service_auth::service_token;
pub use session::{find_member, name_to_try};

use crate::network::AtProto;
use axum::{
    Router,
    routing::{get, post},
};
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    let name = |method: &str| format!("/xrpc/com.atproto.server.{method}");
    Router::new()
        .route(&name("describeServer"), get(describe::describe))
        .route(&name("createSession"), post(session::create))
        .route(&name("getSession"), get(session::get))
        .route(&name("refreshSession"), post(session::refresh))
        .route(&name("deleteSession"), post(session::delete))
        .route(&name("createAppPassword"), post(app_passwords::create))
        .route(&name("listAppPasswords"), get(app_passwords::list))
        .route(&name("revokeAppPassword"), post(app_passwords::revoke))
        .route(&name("getServiceAuth"), get(service_auth::get))
        .route(&name("createAccount"), post(create::create))
        .route(&name("reserveSigningKey"), post(create::reserve))
        .route(&name("checkAccountStatus"), get(account::check))
        .route(&name("activateAccount"), post(account::activate))
        .route(&name("deactivateAccount"), post(account::deactivate))
        .route(&name("requestAccountDelete"), post(account::request_delete))
        .route(&name("deleteAccount"), post(account::delete))
        .route(&name("requestPasswordReset"), post(mail::password))
        .route(&name("resetPassword"), post(mail::password_token))
        .route(&name("requestEmailConfirmation"), post(mail::none))
        .route(&name("confirmEmail"), post(mail::none))
        .route(&name("requestEmailUpdate"), post(mail::none))
        .route(&name("updateEmail"), post(mail::none))
        .route(&name("createInviteCode"), post(invites::create))
        .route(&name("createInviteCodes"), post(invites::create_many))
        .route(&name("getAccountInviteCodes"), get(invites::of_account))
}
