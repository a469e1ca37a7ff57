//! `POST /oauth/token`: a code becomes a session, and a session is renewed. What renews it works once: when it comes a second time,
//! somebody else has it, and the session ends.

use super::{
    OAuthError, OAuthResult, authenticate::Asking, authorize::CODE, fields::Fields, par::Request,
    scopes::Scopes,
};
use crate::{
    crypto::sha256,
    jwt,
    network::AtProto,
    pds::{
        access::{Kind, Limit, Session, SessionFacts},
        input::Caller,
    },
};
use aws_lc_rs::hmac;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::{HubError, accounts::NewGrant};
use landbridge_model::{Id, Network, Time};
use landbridge_store::{WriteError, entities::atproto_access};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Seconds that an access token is good.
const ACCESS: i64 = 600;
/// How long a session of an app without a key lasts; how long one of an app with a key lasts when it is never renewed.
const PUBLIC: Duration = Duration::from_secs(14 * 86_400);
const CONFIDENTIAL: Duration = Duration::from_secs(90 * 86_400);

pub async fn post(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> OAuthResult<Response> {
    at.guard.limits.take(Limit::Token, &caller.key(), 1)?;
    let proof = at.proof(&Method::POST, "/oauth/token", &headers).await?;
    let grant = Grant::of(&fields)?;
    // Whoever brings nothing that came from here sends us to nobody for a description.
    grant.is_from_here(&at, &fields).await?;
    let asking = at.authenticate(&fields).await?;
    match grant {
        Grant::Code => first(&at, &asking, &proof.thumbprint, &fields).await,
        Grant::Refresh => again(&at, &asking, &proof.thumbprint, &fields).await,
    }
}

/// For what a session is given.
enum Grant {
    Code,
    Refresh,
}

impl Grant {
    fn of(fields: &Fields) -> OAuthResult<Grant> {
        match fields.required("grant_type")? {
            "authorization_code" => Ok(Grant::Code),
            "refresh_token" => Ok(Grant::Refresh),
            _ => Err(OAuthError::new(
                "unsupported_grant_type",
                "grant_type is authorization_code or refresh_token",
            )),
        }
    }

    async fn is_from_here(&self, at: &AtProto, fields: &Fields) -> OAuthResult<()> {
        match self {
            Grant::Code => {
                let once = at.hub.code(CODE, fields.required("code")?).await?;
                once.map(drop).ok_or_else(unknown)
            }
            Grant::Refresh => {
                let read = read(&at.secret().await?, fields.required("refresh_token")?);
                read.map(drop).ok_or_else(ended)
            }
        }
    }
}

fn unknown() -> OAuthError {
    OAuthError::grant("this code is not known, was used, or is too old")
}

fn ended() -> OAuthError {
    OAuthError::grant("this session has ended")
}

/// A code becomes a session.
async fn first(at: &AtProto, asking: &Asking, key: &str, fields: &Fields) -> OAuthResult<Response> {
    let code = fields.required("code")?;
    let once = at.hub.code(CODE, code).await?.ok_or_else(unknown)?;
    let member = once.member.ok_or_else(unknown)?;
    let request: Request = serde_json::from_value(once.facts).map_err(|_| unknown())?;
    if let Err(why) = fits(&request, asking, key, fields) {
        // Whoever has the code but not what goes with it gets no second try.
        at.hub.once_take(CODE, code).await?;
        return Err(OAuthError::grant(why));
    }
    let client = &asking.client;
    let (lifetime, until) = match client.is_confidential() {
        true => (None, CONFIDENTIAL),
        false => (Some(PUBLIC), PUBLIC),
    };
    let name = format!("{} (AT Protocol)", client.host);
    let facts = SessionFacts {
        client: client.id.clone(),
        scope: request.scope.clone(),
        included: request.included.join(" "),
        key: key.to_owned(),
        client_key: asking.key.clone(),
    };
    let new = NewGrant {
        member: Some(member),
        app: None,
        purpose: crate::pds::access::PURPOSE,
        name: &name,
        scopes: &request.scope,
        facts: json!({ "network": "atproto", "client": client.id }),
        lifetime,
    };
    let (grant, _) = at.hub.grant_for_code(CODE, code, new).await?.ok_or_else(unknown)?;
    let presence = at.hub.presence(member, Network::AtProto).await?.ok_or_else(unknown)?;
    let secret = at.secret().await?;
    let refresh = fresh()?;
    let (id, session) = at.oauth_session(member, grant.id, &facts, &refresh, Time::now().plus(until));
    at.hub.store().write(session).await.map_err(HubError::from)?;
    at.hub.used(grant.id, "signed in");
    let refresh = client.renews.then(|| spelled(&secret, id, &refresh));
    Ok(granted(at, &secret, id, &presence.native_id, &facts, refresh))
}

fn fits(request: &Request, asking: &Asking, key: &str, fields: &Fields) -> Result<(), &'static str> {
    if request.client != asking.client.id {
        return Err("the code is another app's");
    }
    if request.client_key != asking.key {
        return Err("the app has used another key to ask");
    }
    if request.key != key {
        return Err("the code belongs to another DPoP key");
    }
    if fields.text("redirect_uri") != Some(&request.redirect_uri) {
        return Err("redirect_uri is another");
    }
    let verifier = fields.text("code_verifier").unwrap_or_default();
    let proper = (43..=128).contains(&verifier.len());
    let hash = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    if !proper
        || aws_lc_rs::constant_time::verify_slices_are_equal(hash.as_bytes(), request.challenge.as_bytes())
            .is_err()
    {
        return Err("code_verifier does not fit");
    }
    Ok(())
}

/// A session is renewed.
async fn again(at: &AtProto, asking: &Asking, key: &str, fields: &Fields) -> OAuthResult<Response> {
    let secret = at.secret().await?;
    let (id, part) = read(&secret, fields.required("refresh_token")?).ok_or_else(ended)?;
    let session = match at.fresh_session(id).await {
        Ok(session) if session.kind == Kind::OAuth => session,
        Ok(_) => return Err(ended()),
        Err(error) if error.status.is_server_error() => return Err(error.into()),
        Err(_) => return Err(ended()),
    };
    let facts = &session.facts;
    if facts.client != asking.client.id {
        return Err(OAuthError::grant("the session is another app's"));
    }
    if facts.client_key != asking.key || facts.key != key {
        return Err(OAuthError::grant("the session belongs to another key"));
    }
    let hash = sha256(part.as_bytes());
    if session.refresh != hash {
        // It was genuine once.
        return reused(at, &session).await;
    }
    // What the app may not ask for any more it does not keep.
    if facts.scope.split_whitespace().any(|scope| !asking.client.names(scope)) {
        at.end_session(&session).await?;
        return Err(OAuthError::grant("the description of the app no longer names these scopes"));
    }
    let included = match at.included(&Scopes::held(&facts.scope)).await {
        Ok(included) => included.join(" "),
        // The publisher cannot be asked now: what was granted stays.
        Err(_) => facts.included.clone(),
    };
    let facts = SessionFacts { included, ..facts.clone() };
    let now = Time::now();
    let until = if asking.client.is_confidential() { now.plus(CONFIDENTIAL) } else { session.expires_at };
    let next = fresh()?;
    let text = serde_json::to_string(&facts).map_err(|_| HubError::Damaged("a session"))?;
    let rotated = atproto_access::rotate(id, &hash, &sha256(next.as_bytes()), &text, now, until);
    match at.hub.store().write(rotated).await {
        Ok(_) => {}
        Err(WriteError::Precondition(_)) => return reused(at, &session).await,
        Err(other) => return Err(HubError::from(other).into()),
    }
    at.guard.forget_session(id);
    at.hub.used(session.grant, "renewed the session");
    let refresh = spelled(&secret, id, &next);
    Ok(granted(at, &secret, id, &session.presence.native_id, &facts, Some(refresh)))
}

async fn reused(at: &AtProto, session: &Session) -> OAuthResult<Response> {
    tracing::warn!(grant = %session.grant, "what renews a session came twice: the session has ended");
    at.hub.used(session.grant, "ended: what renews it was used twice");
    at.end_session(session).await?;
    Err(OAuthError::grant("this refresh token has been used: the session has ended"))
}

fn granted(
    at: &AtProto,
    secret: &[u8],
    id: Id,
    did: &str,
    facts: &SessionFacts,
    refresh: Option<String>,
) -> Response {
    let now = Time::now().secs();
    let claims = json!({
        "iss": at.options.pds_origin(), "sub": did, "aud": at.options.server_did(), "client_id": facts.client,
        "scope": facts.scope, "cnf": { "jkt": facts.key }, "sid": id.to_string(),
        "iat": now, "exp": now + ACCESS, "jti": at.hub.ids().next().to_string(),
    });
    let mut body = json!({
        "access_token": jwt::with_secret(secret, "at+jwt", &claims),
        "token_type": "DPoP",
        "expires_in": ACCESS,
        "scope": facts.scope,
        "sub": did,
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(body)).into_response()
}

fn fresh() -> Result<String, HubError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| HubError::Damaged("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What renews a session, with our mark, by which an old one is told from a made-up one.
fn spelled(secret: &[u8], session: Id, part: &str) -> String {
    format!("ref-{session}.{part}.{}", mark(secret, session, part))
}

fn mark(secret: &[u8], session: Id, part: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    URL_SAFE_NO_PAD
        .encode(hmac::sign(&key, format!("landbridge oauth refresh\0{session}\0{part}").as_bytes()))
}

/// The session and the part that counts, if the mark is ours.
pub fn read(secret: &[u8], text: &str) -> Option<(Id, String)> {
    let (session, rest) = text.strip_prefix("ref-")?.split_once('.')?;
    let (part, given) = rest.split_once('.')?;
    let session = session.parse().ok()?;
    let wanted = mark(secret, session, part);
    aws_lc_rs::constant_time::verify_slices_are_equal(wanted.as_bytes(), given.as_bytes()).ok()?;
    Some((session, part.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_renews_a_session_cannot_be_made_up() {
        let token = spelled(&[7; 32], Id(42), "part");
        assert_eq!(read(&[7; 32], &token), Some((Id(42), "part".to_owned())));
        assert_eq!(read(&[8; 32], &token), None);
        assert_eq!(read(&[7; 32], &token.replace("42", "43")), None);
        for bad in ["", "ref-", "ref-42.part", "ref-x.part.mark", &format!("{token}x")] {
            assert_eq!(read(&[7; 32], bad), None);
        }
    }

    #[test]
    fn a_code_fits_one_app_one_key_one_place_one_verifier() {
        let client = crate::oauth::client::Client {
            id: "http://localhost".into(),
            host: "localhost".into(),
            name: None,
            redirect_uris: vec!["http://127.0.0.1/".into()],
            scopes: vec!["atproto".into()],
            renews: true,
            keys: None,
        };
        let asking = |id: &str, key: &str| Asking {
            client: Arc::new(crate::oauth::client::Client { id: id.into(), ..client.clone() }),
            key: key.into(),
        };
        // RFC 7636, appendix B.
        let request = Request {
            client: "http://localhost".into(),
            redirect_uri: "http://127.0.0.1/".into(),
            scope: "atproto".into(),
            included: Vec::new(),
            state: "s".into(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
            fragment: false,
            login_hint: None,
            prompt: None,
            key: "key".into(),
            client_key: String::new(),
        };
        let fields = |verifier: &str, place: &str| {
            Fields::read(format!("redirect_uri={place}&code_verifier={verifier}").as_bytes(), false).unwrap()
        };
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let good = fields(verifier, "http://127.0.0.1/");
        assert!(fits(&request, &asking("http://localhost", ""), "key", &good).is_ok());
        assert!(fits(&request, &asking("http://localhost/", ""), "key", &good).is_err());
        assert!(fits(&request, &asking("http://localhost", "x"), "key", &good).is_err());
        assert!(fits(&request, &asking("http://localhost", ""), "other", &good).is_err());
        for bad in [
            fields(verifier, "http://127.0.0.1/x"),
            fields(&verifier.replace('d', "e"), "http://127.0.0.1/"),
            fields("", "http://127.0.0.1/"),
        ] {
            assert!(fits(&request, &asking("http://localhost", ""), "key", &bad).is_err());
        }
    }
}
