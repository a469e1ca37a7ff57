//! `com.atproto.server.{createSession,getSession,refreshSession,deleteSession}`: sign-ins with a password or an app password.

use crate::{
    facts::Facts,
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{Kind, Limit, NewSession, Rights, Tokens, authorization, status},
        input::{Caller, Input},
    },
    syntax::{Did, Handle},
};
use axum::{Json, extract::State, http::HeaderMap};
use landbridge_hub::{HubError, accounts::Member};
use landbridge_model::{ActorState, Network, Presence};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    identifier: String,
    password: String,
    #[serde(default)]
    allow_takendown: bool,
}

pub async fn create(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Input(asked): Input<Credentials>,
) -> XrpcResult<Json<Value>> {
    let whose = format!("{}\0{}", asked.identifier.to_lowercase(), caller.key());
    at.guard.limits.take(Limit::SignIn, &whose, 1)?;
    let wrong = || XrpcError::unauthorized("AuthenticationRequired", "Invalid identifier or password");
    let found = find_member(&at, &asked.identifier).await?;
    if let Some((member, presence)) = &found
        && let Some(password) = super::app_passwords::matching(&at, presence.actor, &asked.password).await?
    {
        not_taken_down(member)?;
        let kind = Kind::App { privileged: password.privileged };
        let tokens = at.begin_session(presence, NewSession { kind, grant: Ok(password.grant) }).await?;
        at.hub.used(password.grant, "signed in");
        return Ok(Json(shown(&at, member, presence, Some(tokens)).await?));
    }
    let name = name_to_try(found.as_ref().map(|(member, _)| member), &asked.identifier);
    let signed = at.hub.sign_in_from(&name, &asked.password, caller.address).await;
    let (member, presence) = match (signed, found) {
        (Ok(_), Some(found)) => found,
        (Ok(member), None) => {
            let presence = at.hub.presence(member.actor.id, Network::AtProto).await?;
            let joined = presence.ok_or_else(|| {
                XrpcError::unauthorized(
                    "AuthenticationRequired",
                    "you are not on AT Protocol: join it on the web, in your settings",
                )
            })?;
            (member, joined)
        }
        // The password was right.
        (Err(HubError::Forbidden(_)), Some(found)) if found.0.actor.state == ActorState::Suspended => {
            if !asked.allow_takendown {
                not_taken_down(&found.0)?;
            }
            found
        }
        (Err(HubError::Unauthorized | HubError::NotFound), _) => return Err(wrong()),
        (Err(other), _) => return Err(other.into()),
    };
    let kind = match member.actor.state {
        ActorState::Suspended => Kind::Takendown,
        _ => Kind::Full,
    };
    let name = match &caller.agent {
        Some(agent) => format!("An AT Protocol app with your password ({agent})"),
        None => "An AT Protocol app with your password".to_owned(),
    };
    let tokens = at.begin_session(&presence, NewSession { kind, grant: Err(&name) }).await?;
    Ok(Json(shown(&at, &member, &presence, Some(tokens)).await?))
}

/// The member who is meant: by handle, DID, name, or address (`alice@example.org`). Also one whose account is deactivated.
pub async fn find_member(at: &AtProto, text: &str) -> Result<Option<(Member, Presence)>, HubError> {
    let text = text.trim().trim_start_matches('@').to_lowercase();
    let text = text.strip_prefix("at://").unwrap_or(&text);
    let with_presence = async |member: Result<Member, HubError>| match member {
        Ok(member) => {
            let presence = at.hub.presence(member.actor.id, Network::AtProto).await?;
            Ok(presence.map(|presence| (member, presence)))
        }
        Err(HubError::NotFound | HubError::Invalid(_)) => Ok(None),
        Err(other) => Err(other),
    };
    if Did::parse(text).is_ok() {
        let Some(presence) = at.hub.presence_by_native(Network::AtProto, text).await? else {
            return Ok(None);
        };
        return with_presence(at.hub.member(presence.actor).await).await;
    }
    let config = at.hub.config();
    if let Some((name, domain)) = text.split_once('@') {
        let ours = domain == config.account_domain || Some(domain) == config.origin.host_str();
        return if ours { with_presence(at.hub.member_named(name).await).await } else { Ok(None) };
    }
    let own = text.strip_suffix(&at.options.handle_domain).and_then(|name| name.strip_suffix('.'));
    match (own, text.contains('.')) {
        (Some(name), _) => with_presence(at.hub.member_named(name).await).await,
        (None, false) => with_presence(at.hub.member_named(text).await).await,
        (None, true) => match Handle::parse(text) {
            Ok(handle) => match at.owner_of_handle(&handle).await? {
                Some(actor) => with_presence(at.hub.member(actor).await).await,
                None => Ok(None),
            },
            Err(_) => Ok(None),
        },
    }
}

/// The name with which a password is tried. Whoever is not found is tried like anybody else, so that the answer takes as long; but
/// `alice@elsewhere` is nobody here, although there may be an alice.
pub fn name_to_try(found: Option<&Member>, typed: &str) -> String {
    match found {
        Some(member) => member.actor.username.clone(),
        None => typed.trim().trim_start_matches('@').replace(['@', '.', ':'], "?"),
    }
}

fn not_taken_down(member: &Member) -> XrpcResult<()> {
    match member.actor.state {
        ActorState::Suspended => {
            Err(XrpcError::unauthorized("AccountTakedown", "Account has been taken down"))
        }
        _ => Ok(()),
    }
}

/// What apps are told of an account. There is no address for mail here, so nothing is said of one.
pub async fn shown(
    at: &AtProto,
    member: &Member,
    presence: &Presence,
    tokens: Option<Tokens>,
) -> XrpcResult<Value> {
    let handle = Facts::of(presence).handle;
    let state = status(member.actor.state, presence);
    let mut shown = json!({
        "did": presence.native_id,
        "handle": if handle.is_empty() { Handle::INVALID } else { &handle },
        "active": state.is_empty(),
    });
    let mut put = |name: &str, value: Value| {
        if let Some(fields) = shown.as_object_mut() {
            fields.insert(name.into(), value);
        }
    };
    if !state.is_empty() {
        put("status", json!(state));
    }
    if let Some(tokens) = tokens {
        put("accessJwt", json!(tokens.access));
        put("refreshJwt", json!(tokens.refresh));
    }
    // Where the directory does not answer now, apps find the way without. An app goes on to the server that the document
    // names: to us, or not at all, since nobody else knows its tokens.
    if let Ok(did) = Did::parse(&presence.native_id)
        && let Ok(Some(document)) = at.document_of(&did).await
        && document.pds().is_some_and(|pds| pds.origin() == at.options.pds.origin())
    {
        put("didDoc", document.to_json());
    }
    Ok(shown)
}

pub async fn get(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<Json<Value>> {
    access
        .ordinary()
        .or_else(|refused| if matches!(access.rights, Rights::Takendown) { Ok(()) } else { Err(refused) })?;
    let member = at.hub.member(access.member).await?;
    let presence = at.hub.presence(access.member, Network::AtProto).await?;
    let presence = presence.ok_or_else(|| XrpcError::invalid("Could not find user info for account"))?;
    access.used(&at, "looked who you are");
    Ok(Json(shown(&at, &member, &presence, None).await?))
}

pub async fn refresh(State(at): State<Arc<AtProto>>, headers: HeaderMap) -> XrpcResult<Json<Value>> {
    let (session, tokens) = at.renew_session(bearer(&headers)?).await?;
    let member = at.hub.member(session.member).await?;
    if session.kind != Kind::Takendown {
        not_taken_down(&member)?;
    }
    Ok(Json(shown(&at, &member, &session.presence, Some(tokens)).await?))
}

/// Ends the session of a refresh token, with its grant.
pub async fn delete(State(at): State<Arc<AtProto>>, headers: HeaderMap) -> XrpcResult<()> {
    match at.session_of_refresh(bearer(&headers)?).await {
        Ok((session, _)) => Ok(at.end_session(&session).await?),
        // It has ended already.
        Err(XrpcError { error: "ExpiredToken", .. }) => Ok(()),
        Err(other) => Err(other),
    }
}

fn bearer(headers: &HeaderMap) -> XrpcResult<&str> {
    match authorization(headers)? {
        Some(("bearer", token)) => Ok(token),
        Some(_) => Err(XrpcError::new("InvalidToken", "this needs a refresh token")),
        None => Err(XrpcError::unauthorized("AuthMissing", "Authentication Required")),
    }
}
