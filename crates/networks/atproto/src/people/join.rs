//! A member's DID. Either it is made here and registered in the directory, with the member's own recovery key before the
//! server's; or it is the `did:web` of the handle's host, whose document this server answers with, and which nobody can take
//! elsewhere.

use crate::{
    facts::Facts,
    identity::{
        did_web_of,
        plc::{Operation, PlcData},
    },
    keys,
    network::AtProto,
};
use landbridge_hub::{HubError, Joined, KeyImport, NewPresence};
use landbridge_model::Actor;

/// What a member brings along instead of a key who wants to be the `did:web` of their handle's host.
pub const OWN_HOST: &str = "did:web";

pub async fn join(at: &AtProto, member: &Actor, import: Option<KeyImport>) -> Result<Joined, HubError> {
    match import {
        None => in_directory(at, member).await,
        Some(import) if import.key.trim() == OWN_HOST => at_host(at, member),
        Some(_) => Err(HubError::invalid(
            "an account on AT Protocol is brought along by moving it here from its old server, not by its key",
        )),
    }
}

fn at_host(at: &AtProto, member: &Actor) -> Result<Joined, HubError> {
    let handle = at.handle_of(&member.username)?;
    let did = did_web_of(&handle).ok_or(HubError::Damaged("the domain of handles"))?;
    // Of the names under the domain of handles, some may be the server's own.
    let config = at.hub.config();
    let own = [at.options.pds.host_str(), config.origin.host_str(), Some(&*config.account_domain)];
    if own.contains(&Some(handle.as_str())) {
        return Err(HubError::invalid("this name is the server's own host, and nobody else's"));
    }
    let (signing, signing_key) = keys::signing()?;
    let facts = Facts {
        handle: handle.to_string(),
        pds: at.options.pds_origin().to_owned(),
        signing_key: signing.public().to_did_key(),
        ..Facts::default()
    };
    Ok(Joined {
        presence: NewPresence { native_id: did.to_string(), facts: facts.value() },
        keys: vec![signing_key],
    })
}

async fn in_directory(at: &AtProto, member: &Actor) -> Result<Joined, HubError> {
    let handle = at.handle_of(&member.username)?;
    let (signing, signing_key) = keys::signing()?;
    let (recovery, recovery_key) = keys::recovery()?;
    let rotation = at.rotation_key().await?;
    let rotations = [recovery.public(), rotation.public()];
    let data = PlcData::for_account(&rotations, signing.public(), &handle, at.options.pds_origin());
    let operation = Operation::Set { data, prev: None };
    let signed = operation.sign(&rotation).map_err(|_| HubError::Damaged("the first operation of a DID"))?;
    let did = signed.did().ok_or(HubError::Damaged("the first operation of a DID"))?;
    at.register(&did, &signed).await?;
    let facts = Facts {
        handle: handle.to_string(),
        pds: at.options.pds_origin().to_owned(),
        signing_key: signing.public().to_did_key(),
        ..Facts::default()
    };
    Ok(Joined {
        presence: NewPresence { native_id: did.to_string(), facts: facts.value() },
        keys: vec![signing_key, recovery_key],
    })
}
