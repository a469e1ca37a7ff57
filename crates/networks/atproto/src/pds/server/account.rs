//! `com.atproto.server.{checkAccountStatus,activateAccount,deactivateAccount,requestAccountDelete,deleteAccount}`

use crate::{
    facts::Facts,
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{Account, Limit},
        codes::Code,
        input::{Caller, Input},
    },
    syntax::Handle,
};
use axum::{Json, extract::State};
use landbridge_hub::HubError;
use landbridge_model::{ActorState, Id, Network, Time};
use landbridge_store::entities::{atproto_arrivals, atproto_blobs, atproto_repos};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How far a move has come.
pub async fn check(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<Json<Value>> {
    access.ordinary()?;
    let store = at.hub.store();
    let actor = access.member;
    let repo = at.repo_row(actor).await?;
    let number = async |query| -> Result<i64, HubError> {
        let row = store.row(query).await?;
        Ok(row.map(|mut row| row.get(0)).transpose()?.unwrap_or_default())
    };
    let mut blobs = store.row(atproto_blobs::counts(actor)).await.map_err(HubError::from)?;
    let mut count = |column| -> Result<i64, HubError> {
        Ok(blobs.as_mut().map(|row| row.get(column)).transpose()?.unwrap_or_default())
    };
    let (expected, imported) = (count(0)?, count(1)?);
    let head = repo.as_ref().and_then(|repo| crate::data::Cid::from_bytes(&repo.head).ok());
    Ok(Json(json!({
        "activated": access.status.is_empty(),
        "validDid": at.lives_here(&access.presence).await.is_ok(),
        "repoCommit": head.map(|cid| cid.to_string()).unwrap_or_default(),
        "repoRev": repo.map(|repo| repo.rev).unwrap_or_default(),
        "repoBlocks": number(atproto_repos::count_blocks(actor)).await?,
        "indexedRecords": number(atproto_repos::count_records(actor)).await?,
        "privateStateValues": 0,
        "expectedBlobs": expected,
        "importedBlobs": imported,
    })))
}

/// The account is there for others from now on. Its DID must say so first.
pub async fn activate(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<()> {
    access.may_manage(Account::On)?;
    if access.status == "takendown" {
        access.active()?;
    }
    at.lives_here(&access.presence).await?;
    let mut facts = Facts::of(&access.presence);
    let mut profile = None;
    if facts.moving {
        // An identity that was never on a server has none to bring.
        at.begin_repository(&access.presence).await?;
        profile = crate::through::take_profile(&at, &access.presence).await?;
        // The profile may have noted its pictures there.
        let now = at.hub.presence(access.member, Network::AtProto).await?.ok_or(HubError::NotFound)?;
        facts = Facts { moving: false, ..Facts::of(&now) };
        crate::reader::nothing_before(&at.hub, &access.did).await?;
        at.hub.set_facts(Network::AtProto, &access.presence.native_id, facts.value()).await?;
    }
    if at.hub.actor(access.member).await?.state == ActorState::Deactivated {
        at.hub.reactivate(access.member).await?;
    }
    // In the order in which others want to hear it: identity, account, repository; what is written anew after that.
    say_state(&at, &access, "").await?;
    at.hub.join_network(access.member, Network::AtProto, None, profile).await?;
    at.hub
        .store()
        .write(atproto_arrivals::begin(access.member, Time::now()))
        .await
        .map_err(HubError::from)?;
    at.guard.forget_sessions();
    access.used(&at, "switched the account on");
    Ok(())
}

/// The account is no longer there for others on this network, until it is switched on again. Nothing is deleted.
/// Whoever was taken down ends a move to another server with it, and stays taken down.
pub async fn deactivate(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<()> {
    access.may_manage(Account::Off)?;
    at.hub.leave_network(access.member, Network::AtProto).await?;
    let is_down = at.hub.actor(access.member).await?.state == ActorState::Suspended;
    say_state(&at, &access, if is_down { "takendown" } else { "deactivated" }).await?;
    access.used(&at, "switched the account off");
    Ok(())
}

/// Tells subscribers, unless the act of the hub has done so.
async fn say_state(at: &AtProto, access: &Access, state: &str) -> Result<(), HubError> {
    at.guard.forget_sessions();
    let Some(repo) = at.repo_row(access.member).await? else { return Ok(()) };
    if repo.state != state {
        let mut changes = vec![atproto_repos::set_state(access.member, state)];
        if state.is_empty() {
            let handle = Handle::parse(&Facts::of(&access.presence).handle).ok();
            changes.extend(at.identity_event(access.member, &access.did, handle));
        }
        changes.extend(at.account_event(access.member, &access.did, state));
        if state.is_empty() {
            changes.extend(at.sync_event(&access.presence).await?);
        }
        at.hub.store().write(changes).await?;
        at.news.send_replace(());
    }
    Ok(())
}

/// There is no mail here: the code stands on the member's settings page, behind the password.
pub async fn request_delete(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<()> {
    access.may_manage(Account::Everything)?;
    at.ask_for_code(access.member, Code::Delete);
    access.used(&at, "asked to delete the account");
    Ok(())
}

#[derive(Deserialize)]
pub struct Farewell {
    did: String,
    password: String,
    token: String,
}

/// Deletes the account, on every network. Takes the code from the settings page and the password, and no session.
pub async fn delete(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Input(farewell): Input<Farewell>,
) -> XrpcResult<()> {
    at.guard.limits.take(Limit::SignIn, &format!("{}\0{}", farewell.did, caller.key()), 1)?;
    let wrong = || XrpcError::unauthorized("AuthenticationRequired", "Invalid did or password");
    let (member, _) = super::find_member(&at, &farewell.did).await?.ok_or_else(wrong)?;
    match at.hub.sign_in_from(&member.actor.username, &farewell.password, caller.address).await {
        Ok(_) => {}
        Err(HubError::Forbidden(_)) if member.actor.state == ActorState::Suspended => {}
        Err(HubError::Unauthorized) => return Err(wrong()),
        Err(other) => return Err(other.into()),
    }
    at.use_code(member.actor.id, Code::Delete, &farewell.token).await?;
    delete_member(&at, member.actor.id).await
}

pub async fn delete_member(at: &AtProto, member: Id) -> XrpcResult<()> {
    Ok(at.hub.delete_member(member).await?)
}
