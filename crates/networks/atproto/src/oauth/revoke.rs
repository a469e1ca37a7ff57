//! `POST /oauth/revoke` (RFC 7009): an app gives a session back. A token that is gone already is no error.

use super::{OAuthResult, fields::Fields, token};
use crate::{
    jwt::Jwt,
    network::AtProto,
    pds::{
        access::{Kind, Limit},
        input::Caller,
    },
};
use axum::extract::State;
use std::sync::Arc;

pub async fn post(State(at): State<Arc<AtProto>>, caller: Caller, fields: Fields) -> OAuthResult<()> {
    at.guard.limits.take(Limit::Authorize, &caller.key(), 1)?;
    let asking = at.authenticate(&fields).await?;
    let text = fields.required("token")?;
    let session = match token::read(&at.secret().await?, text) {
        Some((id, _)) => at.fresh_session(id).await.ok(),
        None => match Jwt::read(text) {
            Some(jwt) => at.session_of_access(&jwt).await.ok(),
            None => None,
        },
    };
    if let Some(session) = session
        && session.kind == Kind::OAuth
        && session.facts.client == asking.client.id
        && session.facts.client_key == asking.key
    {
        at.hub.used(session.grant, "given back by the app");
        at.end_session(&session).await?;
    }
    Ok(())
}
