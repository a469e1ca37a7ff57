//! `/settings/...`: one file per page.

mod access;
mod account;
mod contacts;
mod hidden;
mod moving;
mod networks;
mod posting;
mod profile;

use crate::{fields::Fields, visitor::Signed, web::Web};
use axum::{
    Router,
    routing::{get, post},
};
use landbridge_hub::HubError;

pub fn router() -> Router<Web> {
    Router::new()
        .route("/settings", get(profile::show).post(profile::save))
        .route("/settings/networks", get(networks::show).post(networks::save))
        .route("/settings/networks/{network}/join", post(networks::join))
        .route("/settings/networks/{network}/leave", post(networks::leave))
        .route("/settings/networks/{network}/key", post(networks::show_key))
        .route("/settings/posting", get(posting::show).post(posting::save))
        .route("/settings/access", get(access::show))
        .route("/settings/access/password", post(access::change_password))
        .route("/settings/access/{grant}/revoke", post(access::revoke))
        .route("/settings/contacts", get(contacts::show).post(contacts::save))
        .route("/settings/hidden", get(hidden::show).post(hidden::host))
        .route("/settings/account", get(account::show))
        .route("/settings/account/invite", post(account::invite))
        .route("/settings/account/alias", post(moving::alias))
        .route("/settings/account/move", post(moving::leave))
        .route("/settings/account/rest", post(account::rest))
        .route("/settings/account/delete", post(account::delete))
}

/// The member who sent a form, and the form.
fn signed(fields: Fields) -> Result<(Signed, Fields), HubError> {
    let member = fields.visitor.member().cloned().ok_or(HubError::Unauthorized)?;
    Ok((Signed { visitor: fields.visitor.clone(), member }, fields))
}

/// Whether the password in the form is the member's; throttled like a sign-in, since a borrowed browser could guess.
async fn knows_password(web: &Web, signed: &Signed, given: &str) -> Result<bool, HubError> {
    let name = &signed.member.actor.username;
    match web.hub.sign_in_from(name, given, signed.visitor.address).await {
        Ok(_) => Ok(true),
        Err(HubError::Unauthorized | HubError::NotFound) => Ok(false),
        Err(e) => Err(e),
    }
}
