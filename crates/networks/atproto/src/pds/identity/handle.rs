//! `com.atproto.identity.updateHandle`: the name here, or a domain of one's own that says so.

use crate::{
    facts::Facts,
    identity::plc::Operation,
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{Account, Limit},
        input::Input,
    },
    syntax::{Did, DidMethod, Handle},
};
use axum::extract::State;
use landbridge_hub::{Event, EventKind, HubError};
use landbridge_model::{Network, Presence};
use landbridge_store::{
    WriteError,
    entities::{atproto_access, presences},
};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub struct Wanted {
    handle: String,
}

pub async fn update(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Input(wanted): Input<Wanted>,
) -> XrpcResult<()> {
    access.may_manage(Account::Handle)?;
    if access.status == "takendown" {
        access.active()?;
    }
    at.guard.limits.take(Limit::UpdateHandle, access.did.as_str(), 1)?;
    let handle =
        Handle::parse(&wanted.handle).map_err(|why| XrpcError::new("InvalidHandle", why.to_string()))?;
    let presence = at.hub.presence(access.member, Network::AtProto).await?.ok_or(HubError::NotFound)?;
    set_handle(&at, &presence, &handle).await?;
    access.used(&at, "changed the handle");
    Ok(())
}

/// Gives a member a handle: proves it, says so in the directory, then here.
pub async fn set_handle(at: &AtProto, presence: &Presence, handle: &Handle) -> XrpcResult<()> {
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let member = at.hub.member(presence.actor).await?.actor;
    if at.is_own_handle(handle) {
        if at.handle_of(&member.username)? != *handle {
            let why = format!("on this server your handle is {}", at.handle_of(&member.username)?);
            return Err(XrpcError::new("HandleNotAvailable", why));
        }
    } else {
        if handle.is_disallowed_domain(at.hub.config().trial) {
            return Err(XrpcError::new("InvalidHandle", "handles do not end like this"));
        }
        if at.owner_of_handle(handle).await?.is_some_and(|owner| owner != presence.actor) {
            return Err(XrpcError::new("HandleNotAvailable", format!("Handle already taken: {handle}")));
        }
        if at.newest_did_of(handle).await?.as_ref() != Some(&did) {
            let why = format!(
                "{handle} does not say that it is you: put {did} at https://{handle}/.well-known/atproto-did, or did={did} \
                 into the DNS (TXT of _atproto.{handle})"
            );
            return Err(XrpcError::invalid(why));
        }
    }
    say_in_directory(at, &did, handle).await?;
    let facts = Facts { handle: handle.to_string(), ..Facts::of(presence) };
    let mut changes = vec![presences::set_facts(Network::AtProto, did.as_str(), &facts.value())];
    if !at.is_own_handle(handle) {
        changes.push(atproto_access::take_handle(handle.as_str(), presence.actor));
    }
    changes.push(atproto_access::drop_handles(presence.actor, handle.as_str()));
    changes.extend(at.identity_event(presence.actor, &did, Some(handle.clone())));
    match at.hub.store().write(changes).await {
        Ok(_) => {}
        Err(WriteError::Precondition("handle")) => {
            return Err(XrpcError::new("HandleNotAvailable", format!("Handle already taken: {handle}")));
        }
        Err(other) => return Err(HubError::from(other).into()),
    }
    at.news.send_replace(());
    let kind = EventKind::Member(presence.actor);
    at.hub.bus().send(Event { members: vec![presence.actor], public: false, kind });
    Ok(())
}

/// The document of the DID names the handle from now on. That of a host here is made of what is written here; whoever has a DID
/// of a host elsewhere writes that themselves.
async fn say_in_directory(at: &AtProto, did: &Did, handle: &Handle) -> XrpcResult<()> {
    let name = format!("at://{handle}");
    if at.member_of_host(did).await?.is_some() {
        return Ok(());
    }
    if did.method() != Some(DidMethod::Plc) {
        let document = at.newest_document_of(did).await?;
        return match document.and_then(|document| document.handle()) {
            Some(claimed) if claimed == *handle => Ok(()),
            _ => Err(XrpcError::invalid(format!(
                "the document of {did} has to name {name} first (alsoKnownAs)"
            ))),
        };
    }
    let (mut data, last) = at.plc_data(did).await?.ok_or(HubError::NotFound)?;
    if data.also_known_as.iter().find(|known| known.starts_with("at://")) == Some(&name) {
        return Ok(());
    }
    data.also_known_as.retain(|known| !known.starts_with("at://"));
    data.also_known_as.insert(0, name);
    let operation = Operation::Set { data, prev: Some(last.cid()) };
    let signed =
        operation.sign(&at.rotation_key().await?).map_err(|why| XrpcError::invalid(why.to_string()))?;
    at.register(did, &signed).await?;
    // What was known of it is old; that it cannot be asked for now does not matter.
    let _ = at.newest_document_of(did).await;
    Ok(())
}
