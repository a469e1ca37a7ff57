//! `com.atproto.identity.{resolveHandle,resolveDid,resolveIdentity,refreshIdentity}`

use crate::{
    identity::DidDocument,
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        access::Limit,
        input::{Caller, Input, Params},
    },
    syntax::{Did, Handle},
};
use axum::{Json, extract::State};
use landbridge_hub::HubError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

impl AtProto {
    /// The document of a DID, asked for now; `None`: there is none.
    pub(crate) async fn newest_document_of(&self, did: &Did) -> Result<Option<Arc<DidDocument>>, HubError> {
        self.people.forget(did.as_str());
        self.document_of(did).await
    }

    /// Where a handle leads, asked now.
    pub(crate) async fn newest_did_of(&self, handle: &Handle) -> Result<Option<Did>, HubError> {
        self.people.forget_handle(handle);
        self.did_of_handle(handle).await
    }

    /// Who is meant, by handle or DID: the DID, the handle when it is proved from both sides, the document.
    async fn whole_identity(&self, text: &str) -> XrpcResult<(Did, Option<Handle>, Arc<DidDocument>)> {
        let not_found = || XrpcError::new("HandleNotFound", "Unable to resolve handle");
        let (did, asked) = match Did::parse(text) {
            Ok(did) => (did, None),
            Err(_) => {
                let handle = Handle::parse(text.trim_start_matches('@'));
                let handle = handle.map_err(|_| XrpcError::invalid("this is neither a handle nor a DID"))?;
                (self.newest_did_of(&handle).await?.ok_or_else(not_found)?, Some(handle))
            }
        };
        let document = self.newest_document_of(&did).await?;
        let document = document.ok_or_else(|| XrpcError::new("DidNotFound", "there is no such DID"))?;
        let claimed = document.handle();
        let proved = match (claimed, asked) {
            (Some(claimed), Some(asked)) if claimed == asked => Some(claimed),
            (Some(claimed), _) if self.newest_did_of(&claimed).await?.as_ref() == Some(&did) => Some(claimed),
            _ => None,
        };
        Ok((did, proved, document))
    }
}

#[derive(Deserialize)]
pub struct Named {
    handle: String,
}

/// Members first, then everybody.
pub async fn handle(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Params(named): Params<Named>,
) -> XrpcResult<Json<Value>> {
    at.guard.limits.take(Limit::Requests, &caller.key(), 1)?;
    let handle = Handle::parse(&named.handle).map_err(|why| XrpcError::invalid(why.to_string()))?;
    // Apps know "there is none" by these very words; the name that the lexicon has for it is for handles of ours.
    let name = if at.is_own_handle(&handle) { "HandleNotFound" } else { "InvalidRequest" };
    let did = at.did_of_handle(&handle).await?;
    let did = did.ok_or_else(|| XrpcError::new(name, "Unable to resolve handle"))?;
    Ok(Json(json!({ "did": did })))
}

#[derive(Deserialize)]
pub struct ByDid {
    did: String,
}

pub async fn did(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Params(wanted): Params<ByDid>,
) -> XrpcResult<Json<Value>> {
    at.guard.limits.take(Limit::Requests, &caller.key(), 1)?;
    let did = Did::parse(&wanted.did).map_err(|why| XrpcError::invalid(why.to_string()))?;
    let document = at.document_of(&did).await?;
    let document = document.ok_or_else(|| XrpcError::new("DidNotFound", "there is no such DID"))?;
    Ok(Json(json!({ "didDoc": document.to_json() })))
}

#[derive(Deserialize)]
pub struct Identifier {
    identifier: String,
}

pub async fn identity(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Params(wanted): Params<Identifier>,
) -> XrpcResult<Json<Value>> {
    at.guard.limits.take(Limit::Requests, &caller.key(), 1)?;
    Ok(Json(shown(at.whole_identity(&wanted.identifier).await?)))
}

/// Asks again, for whoever knows that something has changed.
pub async fn refresh(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Input(wanted): Input<Identifier>,
) -> XrpcResult<Json<Value>> {
    at.guard.limits.take(Limit::Requests, &caller.key(), 10)?;
    let found = at.whole_identity(&wanted.identifier).await?;
    at.people.forget(found.0.as_str());
    Ok(Json(shown(found)))
}

fn shown((did, handle, document): (Did, Option<Handle>, Arc<DidDocument>)) -> Value {
    let handle = handle.as_ref().map_or(Handle::INVALID, Handle::as_str);
    json!({ "did": did, "handle": handle, "didDoc": document.to_json() })
}
