//! A member's DID: made here and registered, with the member's own recovery key before the server's.

use crate::{
    facts::Facts,
    identity::plc::{Operation, PlcData},
    keys,
    network::AtProto,
};
use landbridge_hub::{HubError, Joined, KeyImport, NewPresence};
use landbridge_model::Actor;

pub async fn join(at: &AtProto, member: &Actor, import: Option<KeyImport>) -> Result<Joined, HubError> {
    if import.is_some() {
        return Err(HubError::invalid(
            "an account on AT Protocol is brought along by moving it here from its old server, not by its key",
        ));
    }
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
