//! Sign-ins of apps and their tokens. An access token is good for minutes and names its session; what renews it is used up by
//! renewing.

use super::{XrpcError, XrpcResult, now};
use crate::{
    crypto::sha256,
    jwt::{self, Jwt},
    network::AtProto,
};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::{
    HubError,
    accounts::{Grant, NewGrant},
};
use landbridge_model::{ActorState, Id, Network, Presence, Time};
use landbridge_store::{
    Change, WriteError,
    entities::atproto_access::{self, SessionRow},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Purpose of the grants of sign-ins.
pub const PURPOSE: &str = "atproto";
/// How long an access token of an app with a password is good.
const ACCESS: Duration = Duration::from_secs(2 * 3600);
/// How long a session that is never renewed stays.
const RENEWABLE: Duration = Duration::from_secs(90 * 86_400);
/// How long the answer of a renewal can be asked for again, since it may have been lost.
const GRACE: Duration = Duration::from_secs(2 * 3600);

/// Types of tokens (the header `typ`).
const ACCESS_TYPE: &str = "at+jwt";
const REFRESH_TYPE: &str = "refresh+jwt";

/// What an app was let in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Full,
    App {
        privileged: bool,
    },
    /// Let in although the account was taken down, to leave.
    Takendown,
    OAuth,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Kind::Full => "full",
            Kind::App { privileged: false } => "app",
            Kind::App { privileged: true } => "app-privileged",
            Kind::Takendown => "takendown",
            Kind::OAuth => "oauth",
        }
    }

    fn of_key(key: &str) -> Option<Kind> {
        let kinds = [Kind::Full, Kind::App { privileged: false }, Kind::App { privileged: true }];
        let mut kinds = kinds.into_iter().chain([Kind::Takendown, Kind::OAuth]);
        kinds.find(|kind| kind.key() == key)
    }

    /// As apps read it in their tokens.
    fn scope(self) -> &'static str {
        match self {
            Kind::Full => "com.atproto.access",
            Kind::App { privileged: false } => "com.atproto.appPass",
            Kind::App { privileged: true } => "com.atproto.appPassPrivileged",
            Kind::Takendown => "com.atproto.takendown",
            Kind::OAuth => "",
        }
    }
}

/// What is kept of a sign-in by OAuth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionFacts {
    /// Id of the app.
    pub client: String,
    /// Scopes that were granted, space-separated.
    pub scope: String,
    /// What permission sets among them hold, as scopes, space-separated.
    pub included: String,
    /// Thumbprint of the key whose proofs go with the tokens.
    pub key: String,
    /// Thumbprint of the key by which the app has shown who it is; empty: it has none.
    pub client_key: String,
}

/// A sign-in whose grant stands.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: Id,
    pub member: Id,
    pub grant: Id,
    pub kind: Kind,
    pub facts: SessionFacts,
    /// As they were when the session was looked up, some seconds ago at most.
    pub state: ActorState,
    pub presence: Presence,
    pub(crate) refresh: Vec<u8>,
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) rotated_at: Time,
    pub(crate) expires_at: Time,
}

/// What an app is given.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

/// A sign-in that begins.
pub struct NewSession<'a> {
    pub kind: Kind,
    /// The grant that it belongs to; a new one of that name when there is none yet.
    pub grant: Result<Id, &'a str>,
}

impl AtProto {
    /// A sign-in by a password or an app password.
    pub async fn begin_session(&self, presence: &Presence, new: NewSession<'_>) -> XrpcResult<Tokens> {
        let grant = match new.grant {
            Ok(grant) => grant,
            Err(name) => {
                let scopes = match new.kind {
                    Kind::Takendown => "to leave",
                    _ => "everything on AT Protocol",
                };
                self.session_grant(presence.actor, name, scopes, None).await?.id
            }
        };
        let id = self.hub.ids().next();
        let secret = self.secret().await?;
        let first = first_token(&secret, id);
        let now = Time::now();
        let row = SessionRow {
            id,
            actor: presence.actor,
            grant,
            kind: new.kind.key().into(),
            facts: json!({}).to_string(),
            refresh: sha256(first.as_bytes()).to_vec(),
            before: None,
            rotated_at: now,
            expires_at: now.plus(RENEWABLE),
        };
        self.hub.store().write(atproto_access::insert_session(&row)).await.map_err(HubError::from)?;
        Ok(self.tokens(&secret, id, new.kind, &presence.native_id, &first, row.expires_at))
    }

    /// The grant of a sign-in, in the member's list of apps.
    pub(crate) async fn session_grant(
        &self,
        member: Id,
        name: &str,
        scopes: &str,
        lifetime: Option<Duration>,
    ) -> Result<Grant, HubError> {
        let facts = json!({ "network": "atproto" });
        let new =
            NewGrant { member: Some(member), app: None, purpose: PURPOSE, name, scopes, facts, lifetime };
        Ok(self.hub.grant(new).await?.0)
    }

    fn tokens(&self, secret: &[u8], id: Id, kind: Kind, did: &str, token: &str, until: Time) -> Tokens {
        let (now, server) = (now(), self.options.server_did());
        let access = json!({
            "scope": kind.scope(), "sub": did, "aud": server, "sid": id.to_string(),
            "iat": now, "exp": now + i64::try_from(ACCESS.as_secs()).unwrap_or_default(),
        });
        let refresh = json!({
            "scope": "com.atproto.refresh", "sub": did, "aud": server, "sid": id.to_string(), "jti": token,
            "iat": now, "exp": until.secs(),
        });
        Tokens {
            access: jwt::with_secret(secret, ACCESS_TYPE, &access),
            refresh: jwt::with_secret(secret, REFRESH_TYPE, &refresh),
        }
    }

    /// Renews a session. Its token is used up, but the same answer can be had again for a while.
    pub async fn renew_session(&self, token: &str) -> XrpcResult<(Arc<Session>, Tokens)> {
        let (session, used) = self.session_of_refresh(token).await?;
        let secret = self.secret().await?;
        let (hash, next) = (sha256(used.as_bytes()).to_vec(), next_token(&secret, session.id, &used));
        let now = Time::now();
        let tokens =
            |until| self.tokens(&secret, session.id, session.kind, &session.presence.native_id, &next, until);
        let again = session.before.as_ref() == Some(&hash) && session.rotated_at.plus(GRACE) > now;
        if again {
            return Ok((session.clone(), tokens(session.expires_at)));
        }
        if session.refresh != hash {
            return Err(XrpcError::new("ExpiredToken", "Token has been revoked"));
        }
        let until = now.plus(RENEWABLE);
        let facts = json!({}).to_string();
        let rotated = atproto_access::rotate(session.id, &hash, &sha256(next.as_bytes()), &facts, now, until);
        match self.hub.store().write(rotated).await {
            // Somebody renews it at this very moment: with the same result.
            Ok(_) | Err(WriteError::Precondition(_)) => {}
            Err(other) => return Err(HubError::from(other).into()),
        }
        self.guard.forget_session(session.id);
        Ok((session.clone(), tokens(until)))
    }

    /// The session of what renews it, and the part of it that counts.
    pub async fn session_of_refresh(&self, token: &str) -> XrpcResult<(Arc<Session>, String)> {
        let invalid = || XrpcError::new("InvalidToken", "Token could not be verified");
        let jwt = Jwt::read(token).ok_or_else(invalid)?;
        self.check(&jwt, REFRESH_TYPE).await?;
        let part = jwt.claims.text("jti").ok_or_else(invalid)?.to_owned();
        let id = session_id(&jwt).ok_or_else(invalid)?;
        Ok((self.fresh_session(id).await?, part))
    }

    /// The session of an access token. The token is genuine and has not expired; whether a proof goes with it is for the caller
    /// to see.
    pub async fn session_of_access(&self, jwt: &Jwt<'_>) -> XrpcResult<Arc<Session>> {
        let invalid = || XrpcError::new("InvalidToken", "Token could not be verified");
        self.check(jwt, ACCESS_TYPE).await?;
        let id = session_id(jwt).ok_or_else(invalid)?;
        if let Some(known) = self.guard.session(id) {
            return Ok(known);
        }
        let session = self.fresh_session(id).await?;
        if jwt.claims.text("sub") != Some(&session.presence.native_id) {
            return Err(invalid());
        }
        self.guard.keep(&session);
        Ok(session)
    }

    async fn check(&self, jwt: &Jwt<'_>, kind: &str) -> XrpcResult<()> {
        let invalid = || XrpcError::new("InvalidToken", "Token could not be verified");
        if !jwt.is_made_with(&self.secret().await?) || !jwt.claims.is_for(&self.options.server_did()) {
            return Err(invalid());
        }
        if jwt.claims.seconds("exp").is_none_or(|at| at <= now()) {
            return Err(XrpcError::new("ExpiredToken", "Token has expired"));
        }
        if jwt.header.typ.as_deref() != Some(kind) {
            return Err(XrpcError::new("InvalidToken", "Invalid token type"));
        }
        Ok(())
    }

    /// A session as it is now; not when it or its grant has ended.
    pub(crate) async fn fresh_session(&self, id: Id) -> XrpcResult<Arc<Session>> {
        let ended = || XrpcError::new("ExpiredToken", "Token has been revoked");
        let row =
            self.hub.store().row(atproto_access::session(id, Time::now())).await.map_err(HubError::from)?;
        let row = SessionRow::read(&mut row.ok_or_else(ended)?).map_err(HubError::from)?;
        let presence = self.hub.presence(row.actor, Network::AtProto).await?.ok_or_else(ended)?;
        let member = match self.hub.member(row.actor).await {
            Ok(member) => member,
            Err(HubError::NotFound) => return Err(ended()),
            Err(other) => return Err(other.into()),
        };
        Ok(Arc::new(Session {
            id: row.id,
            member: row.actor,
            grant: row.grant,
            kind: Kind::of_key(&row.kind).ok_or_else(ended)?,
            facts: serde_json::from_str(&row.facts).unwrap_or_default(),
            state: member.actor.state,
            presence,
            refresh: row.refresh,
            before: row.before,
            rotated_at: row.rotated_at,
            expires_at: row.expires_at,
        }))
    }

    /// Ends a session; and the grant that was made for it alone.
    pub async fn end_session(&self, session: &Session) -> Result<(), HubError> {
        self.finish_session(session.id, session.member, session.grant, session.kind).await
    }

    async fn finish_session(&self, id: Id, member: Id, grant: Id, kind: Kind) -> Result<(), HubError> {
        self.hub.store().write(atproto_access::end_session(id)).await?;
        self.guard.forget_session(id);
        match kind {
            // The app password goes on.
            Kind::App { .. } => Ok(()),
            _ => match self.hub.revoke(member, grant).await {
                Err(HubError::NotFound) | Ok(()) => Ok(()),
                Err(other) => Err(other),
            },
        }
    }

    /// Ends sessions that can be renewed no longer.
    pub(crate) async fn sweep_sessions(&self) -> Result<(), HubError> {
        const BATCH: i64 = 200;
        for mut row in self.hub.store().rows(atproto_access::expired(Time::now(), BATCH)).await? {
            let (id, member, grant, kind): (Id, Id, Id, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let kind = Kind::of_key(&kind).unwrap_or(Kind::OAuth);
            self.finish_session(id, member, grant, kind).await?;
        }
        Ok(())
    }

    /// The row of an OAuth session, with the part of what renews it.
    pub(crate) fn oauth_session(
        &self,
        member: Id,
        grant: Id,
        facts: &SessionFacts,
        refresh: &str,
        until: Time,
    ) -> (Id, Change) {
        let row = SessionRow {
            id: self.hub.ids().next(),
            actor: member,
            grant,
            kind: Kind::OAuth.key().into(),
            facts: serde_json::to_string(facts).unwrap_or_default(),
            refresh: sha256(refresh.as_bytes()).to_vec(),
            before: None,
            rotated_at: Time::now(),
            expires_at: until,
        };
        (row.id, atproto_access::insert_session(&row))
    }
}

fn session_id(jwt: &Jwt<'_>) -> Option<Id> {
    jwt.claims.text("sid")?.parse().ok()
}

fn first_token(secret: &[u8], session: Id) -> String {
    next_token(secret, session, "")
}

/// What follows a token that is used up. It depends on nothing but that token and our secret, so that who asks again after a
/// lost answer gets the same one.
fn next_token(secret: &[u8], session: Id, used: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, format!("landbridge atproto refresh\0{session}\0{used}").as_bytes());
    URL_SAFE_NO_PAD.encode(tag)
}
