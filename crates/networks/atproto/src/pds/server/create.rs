//! `com.atproto.server.{createAccount,reserveSigningKey}`: a new member, with a new identity or with one that moves here
//! (<https://atproto.com/guides/account-migration>).

use super::{invites, session::shown};
use crate::{
    identity::plc::Operation,
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        access::{Kind, Limit, NewSession, ServiceToken, authorization},
        input::{Caller, Input},
    },
    people::Moving,
    syntax::{Did, Handle},
};
use axum::{Json, extract::State, http::HeaderMap};
use landbridge_hub::{
    HubError, Registrations,
    accounts::{NewMember, Once, Role},
};
use landbridge_model::{Network, check_name};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const METHOD: &str = "com.atproto.server.createAccount";
/// An invitation that was given back is good for so long.
const AGAIN: Duration = Duration::from_secs(7 * 86_400);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    handle: String,
    did: Option<String>,
    invite_code: Option<String>,
    password: Option<String>,
    recovery_key: Option<String>,
    plc_op: Option<Value>,
}

pub async fn create(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    headers: HeaderMap,
    Input(wanted): Input<Wanted>,
) -> XrpcResult<Json<Value>> {
    at.guard.limits.take(Limit::CreateAccount, &caller.key(), 1)?;
    if wanted.plc_op.is_some() {
        return Err(XrpcError::invalid("Unsupported input: \"plcOp\""));
    }
    let password = wanted.password.clone().filter(|password| !password.is_empty());
    let password = password.ok_or_else(|| XrpcError::new("InvalidPassword", "a password is needed"))?;
    let handle =
        Handle::parse(&wanted.handle).map_err(|why| XrpcError::new("InvalidHandle", why.to_string()))?;
    let moving = match &wanted.did {
        Some(did) => Some(arriving(&at, did, &handle, &headers).await?),
        None => None,
    };
    let name = name_for(&at, &handle, moving.is_some()).await?;
    let recovery = wanted.recovery_key.as_deref().map(crate::crypto::PublicKey::from_did_key).transpose();
    let recovery = recovery.map_err(|_| XrpcError::invalid("recoveryKey is no did:key of a known kind"))?;
    let invitation = invitation(&at, wanted.invite_code.as_deref()).await?;
    let networks = if moving.is_some() { Vec::new() } else { vec![(Network::AtProto, None)] };
    let new = NewMember { name, password, role: Role::Member, networks, link_identities: false };
    let made = match &moving {
        Some(moving) => {
            let identity = at.arriving(moving).await?;
            at.hub.create_member_arriving(new, Network::AtProto, identity).await
        }
        None => at.hub.create_member(new).await,
    };
    let member = match made {
        Ok(member) => member,
        Err(error) => {
            // It is not used up by what did not happen.
            if let Some((once, secret)) = invitation {
                at.hub.once_put(once, &secret, 1, AGAIN).await?;
            }
            return Err(match error {
                HubError::Conflict(_) => {
                    XrpcError::new("HandleNotAvailable", format!("Handle already taken: {handle}"))
                }
                HubError::Invalid(why) if why.contains("password") => XrpcError::new("InvalidPassword", why),
                HubError::Invalid(why) => XrpcError::invalid(why),
                other => other.into(),
            });
        }
    };
    if let Some(moving) = moving {
        at.keep_handle(member.actor.id, &moving.handle).await?;
    }
    let presence = at.hub.presence(member.actor.id, Network::AtProto).await?;
    let presence = presence.ok_or(HubError::Damaged("a new member without an identity"))?;
    let came_by = invitation.and_then(|(once, _)| at.came_by(&once, &presence.native_id));
    if let Some(note) = came_by {
        at.hub.store().write(note).await.map_err(HubError::from)?;
    }
    if let Some(key) = recovery
        && wanted.did.is_none()
    {
        let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
        put_recovery_first(&at, &did, &key.to_did_key()).await?;
    }
    let name = match &caller.agent {
        Some(agent) => format!("The AT Protocol app that made the account ({agent})"),
        None => "The AT Protocol app that made the account".into(),
    };
    let tokens = at.begin_session(&presence, NewSession { kind: Kind::Full, grant: Err(&name) }).await?;
    let mut answer = shown(&at, &member, &presence, Some(tokens)).await?;
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("active");
        fields.remove("status");
    }
    Ok(Json(answer))
}

/// An identity that moves here: its own word for it, as a token signed with its key.
async fn arriving(at: &AtProto, did: &str, handle: &Handle, headers: &HeaderMap) -> XrpcResult<Moving> {
    let missing = || {
        XrpcError::unauthorized(
            "AuthenticationRequired",
            format!("Missing auth to create account with did: {did}"),
        )
    };
    let did = Did::parse(did).ok().filter(|did| did.method().is_some());
    let did =
        did.ok_or_else(|| XrpcError::new("IncompatibleDidDoc", "an account has a did:plc or did:web"))?;
    let Some(("bearer", token)) = authorization(headers)? else { return Err(missing()) };
    let token = ServiceToken::read(token)?;
    token.check(at, METHOD)?;
    if token.issuer != did {
        return Err(missing());
    }
    let document = at.newest_document_of(&did).await?;
    let document = document.ok_or_else(|| XrpcError::new("UnresolvableDid", "the DID leads nowhere"))?;
    let key = document.signing_key();
    let key =
        key.ok_or_else(|| XrpcError::new("IncompatibleDidDoc", "the DID document names no key that signs"))?;
    token.signed_by(key)?;
    if super::find_member(at, did.as_str()).await?.is_some() {
        return Err(XrpcError::invalid("this identity has an account here already"));
    }
    let own = handle.as_str().strip_suffix(&at.options.handle_domain).is_some_and(|name| name.ends_with('.'));
    if !own && at.newest_did_of(handle).await?.as_ref() != Some(&did) {
        return Err(XrpcError::new("InvalidHandle", "the handle does not lead to the DID"));
    }
    Ok(Moving { did, handle: handle.clone() })
}

/// The name of the member: what stands before our domain. Somebody who moves here with a domain of their own gets one like it.
async fn name_for(at: &AtProto, handle: &Handle, moving: bool) -> XrpcResult<String> {
    let own = handle.as_str().strip_suffix(&at.options.handle_domain).and_then(|name| name.strip_suffix('.'));
    match own {
        Some(name) => {
            check_name(name).map_err(|why| XrpcError::new("InvalidHandle", why.to_string()))?;
            match at.hub.member_named(name).await {
                Err(HubError::NotFound) => Ok(name.to_owned()),
                Ok(_) => Err(XrpcError::new("HandleNotAvailable", format!("Handle already taken: {handle}"))),
                Err(other) => Err(other.into()),
            }
        }
        None if !moving => Err(XrpcError::new(
            "UnsupportedDomain",
            format!(
                "a new handle ends with .{}; one of your own domain can take its place afterwards",
                at.options.handle_domain
            ),
        )),
        None => {
            let labels: Vec<&str> = handle.as_str().split('.').collect();
            let whole = labels.join("-");
            let candidates = labels.first().into_iter().map(|label| (*label).to_owned()).chain([whole]);
            for name in candidates {
                if check_name(&name).is_ok()
                    && matches!(at.hub.member_named(&name).await, Err(HubError::NotFound))
                {
                    return Ok(name);
                }
            }
            Err(XrpcError::new("HandleNotAvailable", "no name here is free that resembles this handle"))
        }
    }
}

/// Uses an invitation up, where one is needed; gives it with its secret.
async fn invitation(at: &AtProto, code: Option<&str>) -> XrpcResult<Option<(Once, String)>> {
    if at.hub.config().registrations == Registrations::Open {
        return Ok(None);
    }
    let code = code.filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| XrpcError::new("InvalidInviteCode", "No invite code provided"))?;
    // The link to the sign-up page is as good as the secret in it.
    let secret = code.trim().rsplit('/').next().unwrap_or_default();
    let once = at.hub.once_take(invites::PURPOSE, secret).await?;
    once.map(|once| Some((once, secret.to_owned())))
        .ok_or_else(|| XrpcError::new("InvalidInviteCode", "Provided invite code not available"))
}

/// A key that the member keeps goes before all others.
async fn put_recovery_first(at: &AtProto, did: &Did, key: &str) -> XrpcResult<()> {
    let (mut data, last) = at.plc_data(did).await?.ok_or(HubError::NotFound)?;
    data.rotation_keys.retain(|known| known != key);
    data.rotation_keys.insert(0, key.to_owned());
    let operation = Operation::Set { data, prev: Some(last.cid()) };
    let signed =
        operation.sign(&at.rotation_key().await?).map_err(|why| XrpcError::invalid(why.to_string()))?;
    Ok(at.register(did, &signed).await?)
}

#[derive(Deserialize)]
pub struct Reservation {
    did: Option<String>,
}

/// The key with which a DID would sign here, so that its document can name it before the account is made.
pub async fn reserve(
    State(at): State<Arc<AtProto>>,
    Input(reservation): Input<Reservation>,
) -> XrpcResult<Json<Value>> {
    let did = reservation.did.as_deref().and_then(|did| Did::parse(did).ok());
    let did = did.ok_or_else(|| XrpcError::invalid("a key is reserved here for a DID: say which"))?;
    let key = at.reserved_key(&did).await?;
    Ok(Json(json!({ "signingKey": key.public().to_did_key() })))
}
