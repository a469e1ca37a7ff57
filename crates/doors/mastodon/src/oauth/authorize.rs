//! `GET|POST /oauth/authorize`: docs/methods/oauth#authorize
//!
//! A plain page that shows which app asks for what and where the answer goes. Whoever is signed in in this browser is
//! asked for consent only; anybody else signs in on the same page.

use super::{html, redirect, scopes};
use crate::{door::Door, error::ApiError, params::Params};
use aws_lc_rs::rand;
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use landbridge_hub::{
    HubError,
    accounts::{App, Once, Session, all_cookies, form_token, form_token_fits},
};
use landbridge_model::{ActorState, Id};
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// What a code is kept as.
pub(super) const CODE: &str = "oauth-code";
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// What a code stands for, beside the member.
#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    pub app: Id,
    pub redirect_uri: String,
    pub scopes: String,
    pub challenge: Option<String>,
}

/// A request that may be asked.
pub(super) struct Asked {
    pub app: App,
    pub redirect_uri: String,
    pub scopes: String,
    pub state: Option<String>,
    pub challenge: Option<String>,
}

pub(super) async fn ask(State(door): State<Door>, headers: HeaderMap, uri: Uri) -> Response {
    let params = Params::query(&uri);
    let asked = match read(&door, &params).await {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let session = match session(&door, &headers).await {
        Ok(session) => session.filter(|_| !params.is("force_login")),
        Err(e) => return e.into_response(),
    };
    page(&door, &asked, session.as_ref(), "", &headers, None)
}

pub(super) async fn answer(
    State(door): State<Door>,
    client: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    params: Params,
) -> Response {
    let asked = match read(&door, &params).await {
        Ok(asked) => asked,
        Err(answer) => return *answer,
    };
    let from = client.map(|Extension(ConnectInfo(address))| address.ip());
    match decide(&door, from, &headers, &params, &asked).await {
        Ok(answer) => answer,
        Err(e) => e.into_response(),
    }
}

async fn decide(
    door: &Door,
    from: Option<IpAddr>,
    headers: &HeaderMap,
    params: &Params,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let typed = params.filled("username");
    let session = if typed.is_some() { None } else { session(door, headers).await? };
    let secret = match &session {
        Some(session) => Some(session.token.clone()),
        None => cookie(door, headers),
    };
    if !secret.is_some_and(|secret| form_token_fits(&secret, params.text("form_token").unwrap_or_default())) {
        return Ok(page(
            door,
            asked,
            session.as_ref(),
            typed.unwrap_or_default(),
            headers,
            Some("This page had become too old. Please look again and decide."),
        ));
    }
    if params.text("decision") != Some("allow") {
        return Ok(denied(asked));
    }
    let password = params.text("password").unwrap_or_default();
    let typed_name = typed.unwrap_or_default();
    let again = |why: &str| Ok(page(door, asked, None, typed_name, headers, Some(why)));
    let member = match (&session, typed) {
        (Some(session), _) => session.member.actor.id,
        (None, None) => return again("Please sign in."),
        (None, Some(name)) => match door.hub.sign_in_from(name, password, from).await {
            Ok(member) if member.actor.state == ActorState::Deactivated => {
                return again("This account is hidden. Sign in on the web first: that brings it back.");
            }
            Ok(member) => member.actor.id,
            Err(HubError::Unauthorized | HubError::NotFound) => {
                return again("Name and password do not fit.");
            }
            Err(why @ HubError::Wait(_)) => {
                let mut told = page(door, asked, None, name, headers, Some(&why.to_string()));
                *told.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                return Ok(told);
            }
            Err(HubError::Forbidden(why)) => return again(why),
            Err(e) => return Err(e.into()),
        },
    };
    let code = Code {
        app: asked.app.id,
        redirect_uri: asked.redirect_uri.clone(),
        scopes: asked.scopes.clone(),
        challenge: asked.challenge.clone(),
    };
    let facts = serde_json::to_value(code).unwrap_or_default();
    let once = Once { purpose: CODE.into(), member: Some(member), facts };
    let code = door.hub.once(once, CODE_LIFETIME).await?;
    if asked.redirect_uri == redirect::OUT_OF_BAND {
        return Ok(html::code(door.hub.config(), asked, &code));
    }
    let mut answers = vec![("code", code.as_str())];
    answers.extend(asked.state.as_deref().map(|state| ("state", state)));
    Ok(redirect::to(&asked.redirect_uri, &answers))
}

/// Checks what is asked. Until app and place are known to belong together, mistakes are shown here and not sent there.
async fn read(door: &Door, params: &Params) -> Result<Asked, Box<Response>> {
    let config = door.hub.config();
    let show = |status, why: &str| Box::new(html::problem(config, status, why));
    let app = match door.hub.app(params.text("client_id").unwrap_or_default()).await {
        Ok(Some(app)) => app,
        Ok(None) => {
            return Err(show(
                StatusCode::BAD_REQUEST,
                "This app is not known here. It has to register anew.",
            ));
        }
        Err(e) => return Err(Box::new(ApiError::from(e).into_response())),
    };
    let uri = params.text("redirect_uri").unwrap_or_default();
    let Some(redirect_uri) = app.redirect_uris.iter().find(|known| *known == uri).cloned() else {
        return Err(show(
            StatusCode::BAD_REQUEST,
            "The app asked to be answered at a place that it has not registered.",
        ));
    };
    let state = params.text("state").map(str::to_owned);
    let challenge = params.filled("code_challenge").map(str::to_owned);
    let scopes =
        scopes::read(params.text("scope").unwrap_or_default()).filter(|s| scopes::within(s, &app.scopes));
    let problem = match (params.text("response_type"), params.text("code_challenge_method")) {
        (kind, _) if kind != Some("code") => Some("unsupported_response_type"),
        (_, method) if challenge.is_some() && method != Some("S256") => Some("invalid_request"),
        _ if challenge.as_ref().is_some_and(|c| !(43..=128).contains(&c.len())) => Some("invalid_request"),
        _ if scopes.is_none() => Some("invalid_scope"),
        _ => None,
    };
    match (problem, scopes) {
        (None, Some(scopes)) => Ok(Asked { app, redirect_uri, scopes, state, challenge }),
        (problem, _) if redirect_uri == redirect::OUT_OF_BAND => {
            let why = format!("The app asked in a wrong way ({}).", problem.unwrap_or("invalid_request"));
            Err(show(StatusCode::BAD_REQUEST, &why))
        }
        (problem, _) => {
            let mut answers = vec![("error", problem.unwrap_or("invalid_request"))];
            answers.extend(state.as_deref().map(|state| ("state", state)));
            Err(Box::new(redirect::to(&redirect_uri, &answers)))
        }
    }
}

fn denied(asked: &Asked) -> Response {
    if asked.redirect_uri == redirect::OUT_OF_BAND {
        return html::declined(asked);
    }
    let mut answers = vec![
        ("error", "access_denied"),
        ("error_description", "The resource owner or authorization server denied the request."),
    ];
    answers.extend(asked.state.as_deref().map(|state| ("state", state)));
    redirect::to(&asked.redirect_uri, &answers)
}

async fn session(door: &Door, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    Ok(door.hub.session(&all_cookies(headers)).await?)
}

/// The page, with a cookie for browsers that have none yet.
fn page(
    door: &Door,
    asked: &Asked,
    session: Option<&Session>,
    name: &str,
    headers: &HeaderMap,
    problem: Option<&str>,
) -> Response {
    let config = door.hub.config();
    if let Some(session) = session {
        return html::consent(
            config,
            asked,
            Some(&session.member.actor),
            "",
            &form_token(&session.token),
            problem,
        );
    }
    let known = cookie(door, headers);
    let secret = known.clone().unwrap_or_else(fresh);
    let mut response = html::consent(config, asked, None, name, &form_token(&secret), problem);
    if known.is_none() {
        let secure = if config.origin.scheme() == "https" { "; Secure" } else { "" };
        let name = config.form_cookie();
        let value = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}");
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    response
}

/// What the form's token is made from while nobody is signed in: another site cannot know it, and so not fill it in.
fn cookie(door: &Door, headers: &HeaderMap) -> Option<String> {
    let (name, cookies) = (door.hub.config().form_cookie(), all_cookies(headers));
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).filter(|v| v.len() >= 32)
}

fn fresh() -> String {
    let mut bytes = [0; 32];
    // Without randomness the form token would protect nothing; an empty secret is refused by `cookie`.
    if rand::fill(&mut bytes).is_err() {
        return String::new();
    }
    URL_SAFE_NO_PAD.encode(bytes)
}
