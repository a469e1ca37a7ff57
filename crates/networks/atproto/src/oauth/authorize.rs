//! `GET /oauth/authorize` at the PDS sends the browser on to `GET|POST /oauth/atproto` on the origin of the pages: there a member
//! sees which app asks for what, signs in or is signed in, and decides.

use super::{
    client::Client,
    consent::{self, View},
    fields::Fields,
    par::{self, PREFIX, Request},
    scopes::Scopes,
};
use crate::{network::AtProto, pds::input::Caller};
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::{
    HubError, Registrations,
    accounts::{Member, Once, Session, all_cookies, form_token, form_token_fits},
};
use landbridge_model::{ActorState, Network};
use std::{sync::Arc, time::Duration};

/// The page, on the origin of all pages.
pub const PAGE: &str = "/oauth/atproto";

/// Says that somebody comes back from where accounts are made.
const MADE: &str = "made";

/// What a code is kept as.
pub const CODE: &str = "atproto-code";
const CODE_LIFETIME: Duration = Duration::from_secs(300);

/// From the PDS to the page.
pub async fn onward(State(at): State<Arc<AtProto>>, RawQuery(query): RawQuery) -> Response {
    let query = query.filter(|query| query.len() <= 4000).unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let wanted = pairs.filter(|(name, _)| ["client_id", "request_uri"].contains(&&**name));
    let mut onward = url::form_urlencoded::Serializer::new(String::new());
    onward.extend_pairs(wanted);
    see(&at.hub.config().url(&format!("{PAGE}?{}", onward.finish())))
}

/// A request that was put down, and the app behind it.
struct Asked {
    /// Its secret.
    id: String,
    request: Request,
    client: Arc<Client>,
}

async fn read(at: &AtProto, client: Option<&str>, uri: Option<&str>) -> Result<Asked, Response> {
    let bad = |why: &str| consent::problem(StatusCode::BAD_REQUEST, why);
    let id = uri.and_then(|uri| uri.strip_prefix(PREFIX));
    let id = id.ok_or_else(|| {
        bad("An app of AT Protocol has to say first what it asks for (PAR). This one has not.")
    })?;
    let once = at.hub.once_peek(par::PURPOSE, id).await.map_err(failed)?;
    let request = once.and_then(|once| serde_json::from_value::<Request>(once.facts).ok());
    let request = request.filter(|request| client == Some(&request.client));
    let request = request
        .ok_or_else(|| bad("This was answered already, or is too old. Please start again in the app."))?;
    let client = at.client(&request.client).await.map_err(|why| bad(&why.description))?;
    if client.redirect(&request.redirect_uri).is_none() {
        return Err(bad("The app has changed its description meanwhile. Please start again in the app."));
    }
    Ok(Asked { id: id.to_owned(), request, client })
}

pub async fn ask(State(at): State<Arc<AtProto>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let Ok(fields) = Fields::read(query.as_bytes(), false) else {
        return consent::problem(StatusCode::BAD_REQUEST, "This address is not in order.");
    };
    let asked = match read(&at, fields.text("client_id"), fields.text("request_uri")).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let session = match at.hub.session(&all_cookies(&headers)).await {
        Ok(session) => session,
        Err(error) => return failed(error),
    };
    let prompt = asked.request.prompt.as_deref();
    let may_join = at.hub.config().registrations == Registrations::Open;
    if prompt == Some("create") && may_join && fields.text(MADE).is_none() {
        return to_sign_up(&at, &asked);
    }
    let session = match prompt {
        Some("login" | "select_account") => None,
        _ => session,
    };
    let session = match fitting(&at, &asked.request, session).await {
        Ok(session) => session,
        Err(error) => return failed(error),
    };
    if prompt == Some("none") {
        // Nobody may be asked, and nothing is allowed without asking.
        let why = if session.is_some() { "consent_required" } else { "login_required" };
        return back(&at, &asked.request, &[("error", why)]);
    }
    page(&at, &asked, session.as_ref(), "", &headers, None).await
}

/// To where accounts are made (a page of the same origin), and from there back to the request.
fn to_sign_up(at: &AtProto, asked: &Asked) -> Response {
    let query = |pairs: &[(&str, &str)]| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    let uri = format!("{PREFIX}{}", asked.id);
    let back = query(&[("client_id", asked.client.id.as_str()), ("request_uri", &uri), (MADE, "yes")]);
    let onward = query(&[("next", &format!("{PAGE}?{back}")), ("network", Network::AtProto.key())]);
    see(&at.hub.config().url(&format!("/signup?{onward}")))
}

/// Somebody else than the app expects has to sign in as whom it expects.
async fn fitting(
    at: &AtProto,
    request: &Request,
    session: Option<Session>,
) -> Result<Option<Session>, HubError> {
    let Some(hint) = &request.login_hint else { return Ok(session) };
    let meant = crate::pds::find_member(at, hint).await?;
    Ok(session.filter(|session| meant.is_none_or(|(member, _)| member.actor.id == session.member.actor.id)))
}

pub async fn answer(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let asked = match read(&at, fields.text("client_id"), fields.text("request_uri")).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    decide(&at, &caller, &headers, &fields, &asked).await.unwrap_or_else(failed)
}

async fn decide(
    at: &AtProto,
    caller: &Caller,
    headers: &HeaderMap,
    fields: &Fields,
    asked: &Asked,
) -> Result<Response, HubError> {
    let typed = fields.text("username");
    let session = match typed {
        Some(_) => None,
        None => at.hub.session(&all_cookies(headers)).await?,
    };
    let secret = match &session {
        Some(session) => Some(session.token.clone()),
        None => cookie(at, headers),
    };
    let name = typed.unwrap_or_default();
    if !secret.is_some_and(|secret| form_token_fits(&secret, fields.text("form_token").unwrap_or_default())) {
        let why = "This page had become too old. Please look again and decide.";
        return Ok(page(at, asked, session.as_ref(), name, headers, Some(why)).await);
    }
    if fields.text("decision") != Some("allow") {
        at.hub.once_take(par::PURPOSE, &asked.id).await?;
        let refusal = [("error", "access_denied"), ("error_description", "The user rejected the request")];
        return Ok(back(at, &asked.request, &refusal));
    }
    let member = match (session, typed) {
        (Some(session), _) => session.member,
        (None, None) => return Ok(page(at, asked, None, name, headers, Some("Please sign in.")).await),
        (None, Some(_)) => {
            match sign_in(at, caller, name, fields.text("password").unwrap_or_default()).await? {
                Ok(member) => member,
                Err((status, why)) => {
                    let mut again = page(at, asked, None, name, headers, Some(&why)).await;
                    *again.status_mut() = status;
                    return Ok(again);
                }
            }
        }
    };
    if member.actor.state == ActorState::Deactivated {
        let why = "This account is hidden. Sign in on the web first: that brings it back.";
        return Ok(page(at, asked, None, name, headers, Some(why)).await);
    }
    if at.hub.presence(member.actor.id, Network::AtProto).await?.is_none() {
        let why = "This account is not on AT Protocol. Join it on the web, in the settings of your networks, and try again.";
        return Ok(page(at, asked, None, name, headers, Some(why)).await);
    }
    // Whoever decides twice is answered once.
    if at.hub.once_take(par::PURPOSE, &asked.id).await?.is_none() {
        return Ok(consent::problem(
            StatusCode::BAD_REQUEST,
            "This was answered already. Please go back to the app.",
        ));
    }
    let facts = serde_json::to_value(&asked.request).map_err(|_| HubError::Damaged("a request"))?;
    let once = Once { purpose: CODE.into(), member: Some(member.actor.id), facts };
    let code = at.hub.once(once, CODE_LIFETIME).await?;
    Ok(back(at, &asked.request, &[("code", &code)]))
}

/// The member, by handle, name or address, or what is to be said.
async fn sign_in(
    at: &AtProto,
    caller: &Caller,
    name: &str,
    password: &str,
) -> Result<Result<Member, (StatusCode, String)>, HubError> {
    let found = crate::pds::find_member(at, name).await?;
    let name = crate::pds::name_to_try(found.as_ref().map(|(member, _)| member), name);
    let say = |why: &str| Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, why.to_owned())));
    match at.hub.sign_in_from(&name, password, caller.address).await {
        Ok(member) => Ok(Ok(member)),
        Err(HubError::Unauthorized | HubError::NotFound) => say("Name and password do not fit."),
        Err(HubError::Forbidden(why)) => say(why),
        Err(why @ HubError::Wait(_)) => Ok(Err((StatusCode::TOO_MANY_REQUESTS, why.to_string()))),
        Err(other) => Err(other),
    }
}

/// The page, with a cookie for browsers that have none yet.
async fn page(
    at: &AtProto,
    asked: &Asked,
    session: Option<&Session>,
    name: &str,
    headers: &HeaderMap,
    problem: Option<&str>,
) -> Response {
    let scopes = Scopes::held(&asked.request.scope);
    let sets = titles(at, &scopes).await;
    let config = at.hub.config();
    let known = cookie(at, headers);
    let secret = match session {
        Some(session) => session.token.clone(),
        None => known.clone().unwrap_or_else(fresh),
    };
    let hint = asked.request.login_hint.as_deref().unwrap_or_default();
    let view = View {
        client: &asked.client,
        request: &asked.request,
        request_uri: &format!("{PREFIX}{}", asked.id),
        scopes: &scopes,
        sets: &sets,
        member: session.map(|session| config.address(&session.member.actor.username)),
        place: &config.account_domain,
        name: if name.is_empty() { hint } else { name },
        form_token: &form_token(&secret),
        problem,
    };
    let mut response = consent::page(&view);
    if session.is_none() && known.is_none() {
        let secure = if config.origin.scheme() == "https" { "; Secure" } else { "" };
        let value = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}", config.form_cookie());
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// What permission sets are called, and what they say of themselves.
async fn titles(at: &AtProto, scopes: &Scopes) -> Vec<(String, String)> {
    let mut titles = Vec::new();
    for scope in scopes.all() {
        if let super::scopes::Scope::Include { set, .. } = scope
            && let Ok(found) = at.permission_set(set).await
        {
            let words = [found.title.as_deref(), found.detail.as_deref()].into_iter().flatten();
            titles.push((set.to_string(), words.collect::<Vec<_>>().join(": ")));
        }
    }
    titles
}

/// What the form's token is made from while nobody is signed in: another site cannot know it, and so not fill it in.
fn cookie(at: &AtProto, headers: &HeaderMap) -> Option<String> {
    let (name, cookies) = (at.hub.config().form_cookie(), all_cookies(headers));
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).filter(|value| value.len() >= 32)
}

fn fresh() -> String {
    let mut bytes = [0; 32];
    // Without randomness the form's token would protect nothing; an empty secret is refused by `cookie`.
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => URL_SAFE_NO_PAD.encode(bytes),
        Err(_) => String::new(),
    }
}

/// Back to the app, with who says so (`iss`, RFC 9207). The place is as the app has registered it.
fn back(at: &AtProto, request: &Request, answers: &[(&str, &str)]) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answers);
    query.append_pair("state", &request.state);
    query.append_pair("iss", at.options.pds_origin());
    let uri = &request.redirect_uri;
    let joint = if request.fragment {
        '#'
    } else if uri.contains('?') {
        '&'
    } else {
        '?'
    };
    see(&format!("{uri}{joint}{}", query.finish()))
}

fn see(place: &str) -> Response {
    match HeaderValue::from_str(place) {
        Ok(place) => {
            let no_store = HeaderValue::from_static("no-store");
            (StatusCode::SEE_OTHER, [(header::LOCATION, place), (header::CACHE_CONTROL, no_store)])
                .into_response()
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn failed(error: HubError) -> Response {
    tracing::warn!(%error, "an app could not be authorized");
    consent::problem(StatusCode::SERVICE_UNAVAILABLE, "Please try again later.")
}
