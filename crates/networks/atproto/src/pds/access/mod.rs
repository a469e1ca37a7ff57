//! Who asks, and what they may do: sessions of apps with a password, app passwords, OAuth, and services in a member's name.
//!
//! Every sign-in belongs to a grant of the hub, and is looked up with each request (kept for seconds): a grant that is ended
//! in the member's list of apps ends its tokens at once.

mod guard;
mod limits;
mod rights;
mod service;
mod session;

pub use guard::Guard;
pub use limits::{Limit, headers as limit_headers, refused};
pub use rights::{Account, Action, Rights};
pub use service::{PRIVILEGED, PROTECTED, ServiceToken, is_one_of};
pub use session::{Kind, NewSession, PURPOSE, Session, SessionFacts, Tokens};

use super::{XrpcError, XrpcResult};
use crate::{jwt::Jwt, keys, network::AtProto, oauth::dpop, syntax::Did};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use landbridge_model::{ActorState, Id, Network, Presence, PresenceState, Time};
use std::sync::Arc;

/// A request of a member.
#[derive(Clone, Debug)]
pub struct Access {
    pub member: Id,
    pub did: Did,
    /// As it was some seconds ago at most.
    pub presence: Presence,
    /// The grant by which the app asks; none when a service asks in the member's name.
    pub grant: Option<Id>,
    pub rights: Rights,
    /// Why the account is not active, in the protocol's word; empty when it is.
    pub status: &'static str,
    /// Of the sign-in; none when a service asks.
    pub session: Option<Arc<Session>>,
}

/// Whether an account is there for others, in the protocol's word for why not; empty when it is.
pub fn status(state: ActorState, presence: &Presence) -> &'static str {
    match (state, presence.state) {
        (ActorState::Suspended, _) => "takendown",
        (ActorState::Deleted, _) | (_, PresenceState::Gone) => "deleted",
        (ActorState::Deactivated, _) | (_, PresenceState::Off) => "deactivated",
        _ if crate::facts::Facts::of(presence).moving => "deactivated",
        _ => "",
    }
}

impl Access {
    /// The account must be active.
    pub fn active(&self) -> XrpcResult<()> {
        match self.status {
            "" => Ok(()),
            "takendown" => {
                Err(XrpcError::unauthorized("AccountTakedown", "this account has been taken down"))
            }
            _ => Err(XrpcError::unauthorized("AccountDeactivated", "this account is deactivated")),
        }
    }

    /// Notes in the log of the grant what it was used for.
    pub fn used(&self, at: &AtProto, what: &str) {
        if let Some(grant) = self.grant {
            at.hub.used(grant, what);
        }
    }
}

impl FromRequestParts<Arc<AtProto>> for Access {
    type Rejection = XrpcError;

    async fn from_request_parts(parts: &mut Parts, at: &Arc<AtProto>) -> XrpcResult<Access> {
        let method = parts.uri.path().strip_prefix("/xrpc/").unwrap_or_default().to_owned();
        match authorization(&parts.headers)? {
            Some(("bearer", token)) => bearer(at, token, &method).await,
            Some(("dpop", token)) => {
                let (method, path) = (&parts.method, parts.uri.path());
                let proof = at.proof_shown(method, path, &parts.headers, Some(token)).await?;
                with_proof(at, token, &proof).await
            }
            Some(_) => Err(XrpcError::new("InvalidToken", "this kind of authorization is not known here")),
            None => Err(XrpcError::unauthorized("AuthMissing", "Authentication Required")),
        }
    }
}

/// The scheme in small letters and what follows it.
pub fn authorization(headers: &HeaderMap) -> XrpcResult<Option<(&'static str, &str)>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let malformed = || XrpcError::new("InvalidToken", "Malformed authorization header");
    let (scheme, token) = value.to_str().ok().and_then(|v| v.trim().split_once(' ')).ok_or_else(malformed)?;
    let known = ["bearer", "dpop", "basic"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
    Ok(Some((known.unwrap_or("other"), token.trim())))
}

async fn bearer(at: &Arc<AtProto>, token: &str, method: &str) -> XrpcResult<Access> {
    let jwt = Jwt::read(token).ok_or_else(|| XrpcError::new("InvalidToken", "Malformed token"))?;
    if jwt.header.alg != "HS256" {
        return by_service(at, token, method).await;
    }
    let session = at.session_of_access(&jwt).await?;
    if session.kind == Kind::OAuth {
        return Err(XrpcError::new("InvalidToken", "this token needs a proof of its key (DPoP)"));
    }
    access(at, session)
}

async fn with_proof(at: &Arc<AtProto>, token: &str, proof: &dpop::Proof) -> XrpcResult<Access> {
    let refuse = |why: &str| XrpcError::unauthorized("invalid_token", why);
    let jwt = Jwt::read(token).ok_or_else(|| refuse("Malformed token"))?;
    let session = at.session_of_access(&jwt).await.map_err(|error| match error.error {
        "ExpiredToken" | "InvalidToken" => refuse(&error.message),
        _ => error,
    })?;
    let bound = jwt.claims.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(serde_json::Value::as_str);
    if session.kind != Kind::OAuth
        || bound != Some(&proof.thumbprint)
        || session.facts.key != proof.thumbprint
    {
        return Err(refuse("the token belongs to another key"));
    }
    at.use_proof(proof).await?;
    access(at, session)
}

fn access(at: &AtProto, session: Arc<Session>) -> XrpcResult<Access> {
    let did = Did::parse(&session.presence.native_id).map_err(|_| XrpcError::invalid("no account here"))?;
    let status = status(session.state, &session.presence);
    let rights = match (status, session.kind) {
        ("deleted", _) => return Err(XrpcError::unauthorized("AccountNotFound", "Account not found")),
        // What a session was before, it is not while the account is taken down.
        ("takendown", _) | (_, Kind::Takendown) => Rights::Takendown,
        (_, Kind::Full) => Rights::Full,
        (_, Kind::App { privileged }) => Rights::App { privileged },
        (_, Kind::OAuth) => Rights::OAuth(at.guard.scopes(&session)),
    };
    Ok(Access {
        member: session.member,
        did,
        presence: session.presence.clone(),
        grant: Some(session.grant),
        rights,
        status,
        session: Some(session),
    })
}

/// A service that brings a token which the member's app had made for it, for this method of ours: the video service, which
/// puts down what it has made of a member's film.
async fn by_service(at: &Arc<AtProto>, token: &str, method: &str) -> XrpcResult<Access> {
    const TAKEN: [&str; 1] = ["com.atproto.repo.uploadBlob"];
    let service = ServiceToken::read(token)?;
    if !TAKEN.contains(&method) {
        return Err(XrpcError::new("InvalidToken", "this method takes no token of a service"));
    }
    service.check(at, method)?;
    let unknown = || XrpcError::unauthorized("AccountNotFound", "Account not found");
    let presence = at.hub.presence_by_native(Network::AtProto, service.issuer.as_str()).await?;
    let presence = presence.ok_or_else(unknown)?;
    let key = keys::public(&at.hub, presence.actor, keys::SIGNING).await?.ok_or_else(unknown)?;
    service.signed_by(&key)?;
    let member = at.hub.member(presence.actor).await.map_err(|_| unknown())?;
    Ok(Access {
        member: presence.actor,
        did: service.issuer.clone(),
        grant: None,
        rights: Rights::Service { method: service.method.clone().unwrap_or_default() },
        status: status(member.actor.state, &presence),
        session: None,
        presence,
    })
}

/// HTTP Basic `admin:TOKEN` (<https://atproto.com/specs/xrpc#admin-token>).
pub struct Admin;

impl FromRequestParts<Arc<AtProto>> for Admin {
    type Rejection = XrpcError;

    async fn from_request_parts(parts: &mut Parts, at: &Arc<AtProto>) -> XrpcResult<Admin> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let refuse = || XrpcError {
            status: StatusCode::UNAUTHORIZED,
            error: "AuthenticationRequired",
            message: "this is for the operator's token alone".into(),
        };
        let Some(("basic", given)) = authorization(&parts.headers)? else { return Err(refuse()) };
        let wanted =
            at.options.admin_token.as_deref().filter(|token| !token.is_empty()).ok_or_else(refuse)?;
        let from = super::input::counted(&parts.extensions).unwrap_or_default();
        at.guard.limits.take(Limit::Admin, &from, 1)?;
        let given = STANDARD.decode(given).map_err(|_| refuse())?;
        let wanted = format!("admin:{wanted}");
        aws_lc_rs::constant_time::verify_slices_are_equal(&given, wanted.as_bytes()).map_err(|_| refuse())?;
        Ok(Admin)
    }
}

/// Seconds since the epoch.
pub(crate) fn now() -> i64 {
    Time::now().secs()
}
