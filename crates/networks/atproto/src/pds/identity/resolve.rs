//! `com.atproto.identity.{resolveHandle,resolveDid,resolveIdentity,refreshIdentity}`

use crate::{
    dns,
    identity::{DidDocument, did_web_url},
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        access::Limit,
        input::{Caller, Input, Params},
    },
    syntax::{Did, DidMethod, Handle},
};
use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use landbridge_hub::HubError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// Longest document, and longest answer of `/.well-known/atproto-did`, in bytes.
const LONGEST_DOCUMENT: usize = 64 << 10;
const LONGEST_DID: usize = 4 << 10;

/// The document of a DID, asked for now; `None`: there is none.
pub async fn find_document(at: &AtProto, did: &Did) -> Result<Option<DidDocument>, HubError> {
    match did.method() {
        Some(DidMethod::Plc) => at.plc_document(did).await,
        Some(DidMethod::Web) => {
            let url = did_web_url(did).and_then(|url| Url::parse(&url).ok()).ok_or(HubError::NotFound)?;
            let answer = at.hub.fetcher().get(&url, HeaderMap::new(), LONGEST_DOCUMENT).await;
            let answer = answer.map_err(|why| HubError::Remote(format!("{url} cannot be fetched: {why}")))?;
            match answer.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
                other => return Err(HubError::Remote(format!("{url} answers {}", other.as_u16()))),
            }
            DidDocument::parse(did, &answer.body).map(Some).map_err(|why| HubError::Remote(why.to_string()))
        }
        None => Ok(None),
    }
}

impl AtProto {
    /// Where a handle leads, asked of those to whom it belongs: the DNS first, then the host itself. What the document of the DID
    /// says is for the caller to see.
    pub async fn resolve_handle(&self, handle: &Handle) -> Result<Option<Did>, HubError> {
        if self.is_own_handle(handle) {
            let member = self.member_with_handle(handle).await?;
            return Ok(member.and_then(|presence| Did::parse(&presence.native_id).ok()));
        }
        if handle.is_disallowed_domain(self.hub.config().trial) {
            return Ok(None);
        }
        if let Some(resolver) = &self.options.dns
            && let Ok(texts) = dns::texts(&self.hub, resolver, &format!("_atproto.{handle}")).await
        {
            let mut dids = texts.iter().filter_map(|text| Did::parse(text.strip_prefix("did=")?).ok());
            match (dids.next(), dids.next()) {
                (Some(did), None) => return Ok(Some(did)),
                // Several: nobody can say which.
                (Some(_), Some(_)) => return Ok(None),
                (None, _) => {}
            }
        }
        let schemes: &[&str] = if self.hub.config().trial { &["https", "http"] } else { &["https"] };
        for scheme in schemes {
            let Ok(url) = Url::parse(&format!("{scheme}://{handle}/.well-known/atproto-did")) else { continue };
            if let Ok(answer) = self.hub.fetcher().get(&url, HeaderMap::new(), LONGEST_DID).await
                && answer.status == StatusCode::OK
                && let Some(did) = std::str::from_utf8(&answer.body).ok().and_then(|text| Did::parse(text.trim()).ok())
            {
                return Ok(Some(did));
            }
        }
        Ok(None)
    }

    /// Who is meant, by handle or DID: the DID, the handle when it is proved from both sides, the document.
    async fn whole_identity(&self, text: &str) -> XrpcResult<(Did, Option<Handle>, Arc<DidDocument>)> {
        let not_found = || XrpcError::new("HandleNotFound", "Unable to resolve handle");
        let (did, asked) = match Did::parse(text) {
            Ok(did) => (did, None),
            Err(_) => {
                let handle = Handle::parse(text.trim_start_matches('@'));
                let handle = handle.map_err(|_| XrpcError::invalid("this is neither a handle nor a DID"))?;
                (self.resolve_handle(&handle).await?.ok_or_else(not_found)?, Some(handle))
            }
        };
        let document = self.newest_document_of(&did).await?;
        let document = document.ok_or_else(|| XrpcError::new("DidNotFound", "there is no such DID"))?;
        let claimed = document.handle();
        let proved = match (claimed, asked) {
            (Some(claimed), Some(asked)) if claimed == asked => Some(claimed),
            (Some(claimed), _) if self.resolve_handle(&claimed).await?.as_ref() == Some(&did) => Some(claimed),
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
    let member = at.member_with_handle(&handle).await?.and_then(|presence| Did::parse(&presence.native_id).ok());
    let did = match member {
        Some(did) => Some(did),
        None => at.resolve_handle(&handle).await?,
    };
    let did = did.ok_or_else(|| XrpcError::new("HandleNotFound", "Unable to resolve handle"))?;
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
    at.people.forget(found.0.as_str()).await;
    Ok(Json(shown(found)))
}

fn shown((did, handle, document): (Did, Option<Handle>, Arc<DidDocument>)) -> Value {
    let handle = handle.as_ref().map_or(Handle::INVALID, Handle::as_str);
    json!({ "did": did, "handle": handle, "didDoc": document.to_json() })
}
