//! `#identity` and `#account`: what a stream says of somebody is only a hint; their document and their server decide.

use super::{Later, Reader};
use crate::{
    firehose::Account,
    lookup,
    remote::{self, Param},
    syntax::Did,
};
use landbridge_hub::{HubError, Incoming, Via, What};
use landbridge_model::{ActorState, Network, PresenceState, Time};
use landbridge_store::entities::{actors, presences};
use serde_json::Value as Json;

/// Handle, key or server may have changed.
pub async fn identity(reader: &Reader, did: &Did) -> Result<(), Later> {
    reader.at.people.forget(did.as_str());
    if reader.hub.presence_by_native(Network::AtProto, did.as_str()).await?.is_none() {
        return Ok(());
    }
    for incoming in lookup::profile(&reader.at, did).await? {
        reader.receive(incoming).await?;
    }
    Ok(())
}

pub async fn account(reader: &Reader, account: &Account) -> Result<(), Later> {
    check(reader, &account.did).await
}

/// An account may not be served any more, or again.
pub async fn check(reader: &Reader, did: &Did) -> Result<(), Later> {
    if reader.hub.presence_by_native(Network::AtProto, did.as_str()).await?.is_none() {
        return Ok(());
    }
    match standing(reader, did).await? {
        Standing::Gone => {
            // Who is hidden is not heard.
            show(reader, did, true).await?;
            let gone = Incoming {
                network: Network::AtProto,
                actor: did.to_string(),
                id: None,
                at: Time::now(),
                via: Via::Delivered,
                original: Default::default(),
                what: What::Gone,
            };
            reader.receive(gone).await
        }
        Standing::Hidden => show(reader, did, false).await,
        Standing::Served => show(reader, did, true).await,
    }
}

enum Standing {
    Served,
    /// Deactivated, suspended, taken down: may come back.
    Hidden,
    Gone,
}

/// How an account stands, as its own server says.
async fn standing(reader: &Reader, did: &Did) -> Result<Standing, Later> {
    reader.at.people.forget(did.as_str());
    let Some(document) = reader.at.document_of(did).await? else { return Ok(Standing::Gone) };
    let Some(server) = document.pds() else { return Ok(Standing::Hidden) };
    let params = [Param("did", did.as_str())];
    let answer = remote::json(&reader.at, &server, "com.atproto.sync.getRepoStatus", &params).await?;
    let Some(answer) = answer else { return Ok(Standing::Gone) };
    let active = answer.get("active").and_then(Json::as_bool);
    Ok(match (active, answer.get("status").and_then(Json::as_str)) {
        (Some(true), _) => Standing::Served,
        (_, Some("deleted")) => Standing::Gone,
        (Some(false), _) => Standing::Hidden,
        (None, _) => return Err(Later(format!("the server of {did} does not say how the account stands"))),
    })
}

/// Hides somebody who is not served for now, or shows them again. A moderator's word stays.
async fn show(reader: &Reader, did: &Did, shown: bool) -> Result<(), Later> {
    let native = did.as_str();
    let Some(presence) = reader.hub.presence_by_native(Network::AtProto, native).await? else {
        return Ok(());
    };
    let actor = reader.hub.actor(presence.actor).await?;
    if actor.is_member() {
        return Ok(());
    }
    let alone = reader.hub.presences(actor.id).await?.len() == 1;
    // Somebody who is on other networks too is only here silent.
    let change = match (alone, shown) {
        (true, false) if actor.state == ActorState::Active => {
            actors::set_state(actor.id, ActorState::Deactivated)
        }
        (true, true) if actor.state == ActorState::Deactivated => {
            actors::set_state(actor.id, ActorState::Active)
        }
        (false, false) if presence.state == PresenceState::Active => {
            presences::set_state(Network::AtProto, native, PresenceState::Off)
        }
        (false, true) if presence.state == PresenceState::Off => {
            presences::set_state(Network::AtProto, native, PresenceState::Active)
        }
        _ => return Ok(()),
    };
    reader.hub.store().write(change).await.map_err(HubError::from)?;
    Ok(())
}
