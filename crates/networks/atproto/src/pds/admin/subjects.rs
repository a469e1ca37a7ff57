//! `com.atproto.admin.{getSubjectStatus,updateSubjectStatus}`: members are taken down whole. Single records are not: whoever runs
//! the place deletes a post on the pages.

use crate::{
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        access::Admin,
        input::{Input, Params},
        server::find_member,
    },
    syntax::Did,
};
use axum::{Json, extract::State};
use landbridge_hub::accounts::Member;
use landbridge_model::{ActorState, PresenceState};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub struct Wanted {
    did: Option<String>,
}

pub async fn status(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Params(wanted): Params<Wanted>,
) -> XrpcResult<Json<Value>> {
    let did = wanted
        .did
        .as_deref()
        .ok_or_else(|| XrpcError::invalid("only accounts have a state here: say which (did)"))?;
    let (member, off) = known(&at, did).await?;
    Ok(Json(shown(did, &member, off)))
}

async fn known(at: &AtProto, did: &str) -> XrpcResult<(Member, bool)> {
    let did = Did::parse(did).map_err(|why| XrpcError::invalid(why.to_string()))?;
    let found = find_member(at, did.as_str()).await?;
    let (member, presence) = found.ok_or_else(|| XrpcError::new("NotFound", "Subject not found"))?;
    Ok((member, presence.state != PresenceState::Active))
}

fn shown(did: &str, member: &Member, off: bool) -> Value {
    let deactivated = off || member.actor.state == ActorState::Deactivated;
    json!({
        "subject": { "$type": "com.atproto.admin.defs#repoRef", "did": did },
        "takedown": { "applied": member.actor.state == ActorState::Suspended },
        "deactivated": { "applied": deactivated },
    })
}

#[derive(Deserialize)]
pub struct Update {
    subject: Subject,
    takedown: Option<Applied>,
    deactivated: Option<Applied>,
}

#[derive(Deserialize)]
pub struct Subject {
    did: Option<String>,
    uri: Option<String>,
}

#[derive(Deserialize)]
pub struct Applied {
    applied: bool,
}

pub async fn update(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(update): Input<Update>,
) -> XrpcResult<Json<Value>> {
    let did = match (&update.subject.did, &update.subject.uri) {
        (Some(did), None) => did.clone(),
        _ => return Err(XrpcError::invalid("only whole accounts are taken down here")),
    };
    let (member, _) = known(&at, &did).await?;
    let id = member.actor.id;
    if let Some(takedown) = &update.takedown
        && takedown.applied != (member.actor.state == ActorState::Suspended)
    {
        at.hub.suspend(id, takedown.applied).await?;
    }
    if let Some(deactivated) = &update.deactivated {
        match deactivated.applied {
            true => at.hub.deactivate(id).await?,
            false => at.hub.reactivate(id).await?,
        }
    }
    let (member, off) = known(&at, &did).await?;
    let mut answer = shown(&did, &member, off);
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("deactivated");
    }
    Ok(Json(answer))
}
