//! `com.atproto.admin.{getAccountInfo,getAccountInfos,updateAccountHandle,updateAccountPassword,deleteAccount}`

use crate::{
    facts::Facts,
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        access::Admin,
        identity::set_handle,
        input::{Input, Params},
        server::find_member,
    },
    syntax::{Did, Handle},
};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use landbridge_hub::accounts::Member;
use landbridge_model::{ActorState, Presence};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Accounts that are shown at once.
const MOST: usize = 100;

#[derive(Deserialize)]
pub struct ByDid {
    did: String,
}

async fn known(at: &AtProto, did: &str) -> XrpcResult<(Member, Presence)> {
    let did = Did::parse(did).map_err(|why| XrpcError::invalid(why.to_string()))?;
    let found = find_member(at, did.as_str()).await?;
    found.ok_or_else(|| XrpcError::new("NotFound", "Account not found"))
}

fn shown((member, presence): &(Member, Presence)) -> Value {
    let Facts { handle, may_not_invite, .. } = Facts::of(presence);
    let mut info = json!({
        "did": presence.native_id,
        "handle": if handle.is_empty() { Handle::INVALID } else { &handle },
        "indexedAt": member.created_at.rfc3339(),
        "invitesDisabled": may_not_invite,
    });
    if member.actor.state == ActorState::Deactivated {
        info["deactivatedAt"] = json!(presence.since.rfc3339());
    }
    info
}

pub async fn one(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Params(wanted): Params<ByDid>,
) -> XrpcResult<Json<Value>> {
    Ok(Json(shown(&known(&at, &wanted.did).await?)))
}

/// `dids=A&dids=B`; those that are not here are left out.
pub async fn many(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    RawQuery(query): RawQuery,
) -> XrpcResult<Json<Value>> {
    let query = query.unwrap_or_default();
    let dids =
        url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "dids" || name == "dids[]");
    let mut infos = Vec::new();
    for (_, did) in dids.take(MOST) {
        match known(&at, &did).await {
            Ok(found) => infos.push(shown(&found)),
            Err(XrpcError { error: "NotFound", .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(Json(json!({ "infos": infos })))
}

#[derive(Deserialize)]
pub struct NewHandle {
    did: String,
    handle: String,
}

pub async fn rename(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(wanted): Input<NewHandle>,
) -> XrpcResult<()> {
    let (_, presence) = known(&at, &wanted.did).await?;
    let handle =
        Handle::parse(&wanted.handle).map_err(|why| XrpcError::new("InvalidHandle", why.to_string()))?;
    set_handle(&at, &presence, &handle).await
}

#[derive(Deserialize)]
pub struct NewPassword {
    did: String,
    password: String,
}

/// Ends everything that was signed in with the old one.
pub async fn set_password(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(wanted): Input<NewPassword>,
) -> XrpcResult<()> {
    let (member, _) = known(&at, &wanted.did).await?;
    Ok(at.hub.set_password(member.actor.id, &wanted.password).await?)
}

/// The whole account, on every network.
pub async fn delete(
    State(at): State<Arc<AtProto>>,
    _admin: Admin,
    Input(wanted): Input<ByDid>,
) -> XrpcResult<()> {
    let (member, _) = known(&at, &wanted.did).await?;
    Ok(at.hub.delete_member(member.actor.id).await?)
}
