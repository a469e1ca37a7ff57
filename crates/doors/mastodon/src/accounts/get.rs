//! `GET /api/v1/accounts/:id`, `/lookup`, and several at once: docs/methods/accounts#get

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{Account, Show},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::extract::State;
use http::{StatusCode, Uri};
use landbridge_model::{Acct, Actor, ActorState, Id};

pub(super) async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    auth.reader("read:accounts")?;
    let actor = door.hub.actor(id).await?;
    there(&actor)?;
    door.account(&actor).await
}

/// `?id[]=`
pub(super) async fn many(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    auth.reader("read:accounts")?;
    let ids: Vec<Id> = Params::query(&uri).ids("id").into_iter().take(40).collect();
    let mut actors = door.hub.actors(&ids).await?;
    actors.retain(|a| there(a).is_ok());
    let show = Show::people(&door, None, &actors).await?;
    Ok(Answer::one(&actors.iter().map(|a| Account::new(&show, a)).collect::<Vec<_>>()))
}

/// `?acct=`: only of what is known here.
pub(super) async fn lookup(State(door): State<Door>, _: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let params = Params::query(&uri);
    let acct: Acct = params.required("acct")?.parse().map_err(|_| ApiError::not_found())?;
    let actor = door.hub.actor_by_acct(&acct).await?.ok_or_else(ApiError::not_found)?;
    there(&actor)?;
    door.account(&actor).await
}

fn there(actor: &Actor) -> Result<(), ApiError> {
    match actor.state {
        ActorState::Deleted => Err(ApiError::new(StatusCode::GONE, "This account is gone")),
        ActorState::Deactivated => Err(ApiError::not_found()),
        ActorState::Active | ActorState::Limited | ActorState::Suspended => Ok(()),
    }
}
