//! `POST /settings/account/alias`, `POST /settings/account/move`: to another account and from one.

use super::{account::form, knows_password, signed};
use crate::{fields::Fields, pages::Answer, web::Web};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use landbridge_hub::HubError;
use landbridge_model::Actor;

/// `other`: an address or profile of the same person's; with `undo`, the native id of one that is not (any more).
pub async fn alias(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    let (me, other) = (signed.id(), fields.get("other"));
    let done = match fields.has("undo") {
        true => web.hub.forget_alias(me, other).await.map(drop),
        false => match somebody(&web, other).await {
            Ok(other) => web.hub.name_alias(me, other.id).await.map(drop),
            Err(error) => Err(error),
        },
    };
    match refusal(done)? {
        None => Ok(Redirect::to("/settings/account?done=saved").into_response()),
        problem => form(&web, &signed, problem, None).await,
    }
}

/// `other`: the new account; empty: at home here again.
pub async fn leave(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    if !knows_password(&web, &signed, fields.get("password")).await? {
        return form(&web, &signed, Some("That is not your password; nothing was moved.".into()), None).await;
    }
    let done = match fields.get("other") {
        "" => web.hub.move_back(signed.id()).await,
        other => match somebody(&web, other).await {
            Ok(other) => web.hub.move_to(signed.id(), other.id).await,
            Err(error) => Err(error),
        },
    };
    match refusal(done)? {
        None => Ok(Redirect::to("/settings/account?done=saved").into_response()),
        problem => form(&web, &signed, problem, None).await,
    }
}

async fn somebody(web: &Web, text: &str) -> Result<Actor, HubError> {
    let found = web.hub.find_actor(text.trim()).await?;
    found.ok_or_else(|| HubError::invalid("Nobody is found at that address."))
}

/// Words for the person; what is no refusal stays an error.
fn refusal(done: Result<(), HubError>) -> Result<Option<String>, HubError> {
    match done {
        Ok(()) => Ok(None),
        Err(error @ (HubError::Invalid(_) | HubError::Forbidden(_) | HubError::Remote(_))) => {
            Ok(Some(error.to_string()))
        }
        Err(other) => Err(other),
    }
}
