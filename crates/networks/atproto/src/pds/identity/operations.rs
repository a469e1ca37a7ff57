//! `com.atproto.identity.{getRecommendedDidCredentials,requestPlcOperationSignature,signPlcOperation,submitPlcOperation}`: what it
//! takes to move an identity to another server, or here (<https://atproto.com/guides/account-migration>).
//!
//! The code for a signature does not come by mail (there is none here): the member makes it on `/settings/atproto`, with the
//! password. So no app can take an identity away, whatever it was let in with.

use crate::{
    facts::Facts,
    identity::plc::{Operation, PlcData, Service, Signed},
    keys,
    network::AtProto,
    pds::{Access, XrpcError, XrpcResult, access::Account, codes::Code, input::Input},
    syntax::{DidMethod, Handle},
};
use axum::{Json, extract::State};
use landbridge_hub::HubError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// What the document of the DID should say when the account lives here. The member's own key goes before the server's.
pub async fn recommended(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<Json<Value>> {
    access.ordinary()?;
    let signing = keys::signing_key(&at.hub, access.member).await?;
    let own = keys::public(&at.hub, access.member, keys::RECOVERY).await?;
    let server = at.rotation_key().await?;
    let rotation = own.iter().chain([server.public()]).map(|key| key.to_did_key());
    let handle = Facts::of(&access.presence).handle;
    Ok(Json(json!({
        "rotationKeys": rotation.collect::<Vec<_>>(),
        "alsoKnownAs": if handle.is_empty() { Vec::new() } else { vec![format!("at://{handle}")] },
        "verificationMethods": { "atproto": signing.public().to_did_key() },
        "services": { "atproto_pds": { "type": PDS, "endpoint": at.options.pds_origin() } },
    })))
}

const PDS: &str = "AtprotoPersonalDataServer";

pub async fn request(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<()> {
    access.may_manage(Account::Identity)?;
    at.ask_for_code(access.member, Code::Identity);
    access.used(&at, "asked to change the identity");
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    token: Option<String>,
    rotation_keys: Option<Vec<String>>,
    also_known_as: Option<Vec<String>>,
    verification_methods: Option<BTreeMap<String, String>>,
    services: Option<BTreeMap<String, Endpoint>>,
}

#[derive(Deserialize)]
pub struct Endpoint {
    #[serde(rename = "type")]
    kind: String,
    endpoint: String,
}

/// There are no operations on an identity that is the host's.
fn in_directory(access: &Access) -> XrpcResult<()> {
    match access.did.method() {
        Some(DidMethod::Plc) => Ok(()),
        _ => Err(XrpcError::invalid(format!("{} is not in the directory of DIDs", access.did))),
    }
}

/// Signs an operation with the server's key. What is not said stays as it is.
pub async fn sign(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Input(wanted): Input<Wanted>,
) -> XrpcResult<Json<Value>> {
    access.may_manage(Account::Identity)?;
    in_directory(&access)?;
    let place = at.hub.config().url("/settings/atproto");
    let token = wanted.token.as_deref().filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| {
        XrpcError::invalid(format!("the code from {place} is needed to sign PLC operations"))
    })?;
    let found = at.plc_data(&access.did).await?;
    let (mut data, last) =
        found.ok_or_else(|| XrpcError::invalid("this DID is not in the directory, or has ended"))?;
    wanted.change(&mut data);
    let operation = Operation::Set { data, prev: Some(last.cid()) };
    let signed =
        operation.sign(&at.rotation_key().await?).map_err(|why| XrpcError::invalid(why.to_string()))?;
    // Last, so that a mistake does not use the code up.
    at.use_code(access.member, Code::Identity, token).await?;
    access.used(&at, "signed a change of the identity");
    Ok(Json(json!({ "operation": signed.to_json() })))
}

impl Wanted {
    fn change(&self, data: &mut PlcData) {
        if let Some(keys) = &self.rotation_keys {
            data.rotation_keys.clone_from(keys);
        }
        if let Some(names) = &self.also_known_as {
            data.also_known_as.clone_from(names);
        }
        if let Some(methods) = &self.verification_methods {
            data.verification_methods =
                methods.iter().map(|(name, key)| (name.clone(), key.clone())).collect();
        }
        if let Some(services) = &self.services {
            let service = |service: &Endpoint| Service {
                kind: service.kind.clone(),
                endpoint: service.endpoint.clone(),
            };
            data.services = services.iter().map(|(name, of)| (name.clone(), service(of))).collect();
        }
    }
}

#[derive(Deserialize)]
pub struct Submitted {
    operation: Value,
}

/// Hands an operation to the directory, if the account lives here after it and can still be changed from here.
pub async fn submit(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Input(submitted): Input<Submitted>,
) -> XrpcResult<()> {
    access.may_manage(Account::Identity)?;
    in_directory(&access)?;
    let invalid = |why: &str| XrpcError::invalid(why);
    let signed = Signed::from_json(&submitted.operation).map_err(|_| invalid("Invalid operation"))?;
    let data = signed.operation.data().ok_or_else(|| invalid("Invalid operation"))?;
    let rotation = at.rotation_key().await?.public().to_did_key();
    if !data.rotation_keys.contains(&rotation) {
        return Err(invalid("Rotation keys do not include server's rotation key"));
    }
    let service = data.services.iter().find(|(name, _)| name == "atproto_pds").map(|(_, service)| service);
    match service {
        Some(service) if service.kind != PDS => return Err(invalid("Incorrect type on atproto_pds service")),
        Some(service) if service.endpoint.trim_end_matches('/') == at.options.pds_origin() => {}
        _ => return Err(invalid("Incorrect endpoint on atproto_pds service")),
    }
    let signing = keys::public(&at.hub, access.member, keys::SIGNING).await?.map(|key| key.to_did_key());
    let named = data.verification_methods.iter().find(|(name, _)| name == "atproto").map(|(_, key)| key);
    if named != signing.as_ref() {
        return Err(invalid("Incorrect signing key"));
    }
    let handle = Facts::of(&access.presence).handle;
    if !handle.is_empty() && data.also_known_as.first() != Some(&format!("at://{handle}")) {
        return Err(invalid("Incorrect handle in alsoKnownAs"));
    }
    at.register(&access.did, &signed).await?;
    let _ = at.newest_document_of(&access.did).await;
    let handle = Handle::parse(&handle).ok();
    at.hub
        .store()
        .write(at.identity_event(access.member, &access.did, handle).to_vec())
        .await
        .map_err(HubError::from)?;
    at.news.send_replace(());
    access.used(&at, "changed the identity");
    Ok(())
}
