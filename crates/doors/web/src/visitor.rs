//! Who asks for a page: a member with a session, or a stranger.

use crate::{error::PageError, web::Web};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header, request::Parts};
use landbridge_hub::accounts::{Member, Session, all_cookies, form_token, form_token_fits};
use landbridge_model::Id;
use std::net::{IpAddr, SocketAddr};

/// Whoever asks.
#[derive(Clone)]
pub struct Visitor {
    pub session: Option<Session>,
    /// What the tokens of forms are made from: the session's token, or a random cookie of a stranger.
    secret: String,
    /// The stranger has no such cookie yet.
    is_new: bool,
    /// Path and query that were asked for.
    pub path: String,
    /// For throttling; `None` when unknown.
    pub address: Option<IpAddr>,
}

impl Visitor {
    pub fn member(&self) -> Option<&Member> {
        self.session.as_ref().map(|s| &s.member)
    }

    pub fn id(&self) -> Option<Id> {
        self.member().map(|m| m.actor.id)
    }

    pub fn form_token(&self) -> String {
        form_token(&self.secret)
    }

    pub fn accepts(&self, form_token: &str) -> bool {
        !self.is_new && form_token_fits(&self.secret, form_token)
    }

    /// Gives a stranger the cookie that their next form needs.
    pub fn remember(&self, web: &Web, response: &mut Response) {
        if self.is_new
            && let Some(cookie) = cookie(web, &web.hub.config().form_cookie(), &self.secret, None)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Visitor, PageError> {
        let cookies = all_cookies(&parts.headers);
        let session = web.hub.session(&cookies).await?;
        let kept = session
            .as_ref()
            .map(|s| s.token.clone())
            .or_else(|| find(&cookies, &web.hub.config().form_cookie()));
        let is_new = kept.is_none();
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        Ok(Visitor { session, secret: kept.unwrap_or_else(random_secret), is_new, path, address })
    }
}

/// A member; strangers are sent to sign in and come back afterwards.
pub struct Signed {
    pub visitor: Visitor,
    pub member: Member,
}

impl Signed {
    pub fn id(&self) -> Id {
        self.member.actor.id
    }
}

impl FromRequestParts<Web> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Signed, Response> {
        let visitor = Visitor::from_request_parts(parts, web).await.map_err(IntoResponse::into_response)?;
        match visitor.member().cloned() {
            Some(member) => Ok(Signed { visitor, member }),
            None => Err(Redirect::to(&sign_in_path(parts)).into_response()),
        }
    }
}

/// A `Set-Cookie` value. `lifetime` in seconds; `None`: until the browser closes; 0: forget it.
pub fn cookie(web: &Web, name: &str, value: &str, lifetime: Option<u64>) -> Option<HeaderValue> {
    let secure = if web.is_https() { "; Secure" } else { "" };
    let age = lifetime.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}").parse().ok()
}

/// Where to sign in, and where to go then. Only what can be asked for again is worth coming back to.
fn sign_in_path(parts: &Parts) -> String {
    let back =
        parts.uri.path_and_query().filter(|_| parts.method == http::Method::GET).map_or("/", |p| p.as_str());
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish();
    format!("/login?{query}")
}

fn find(cookies: &str, name: &str) -> Option<String> {
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && value.len() >= 32).map(|(_, value)| value.to_owned())
}

fn random_secret() -> String {
    let mut bytes = [0u8; 24];
    // The generator of aws-lc seeds itself at start; should it ever fail, a form is refused rather than unguarded.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return String::new();
    }
    URL_SAFE_NO_PAD.encode(bytes)
}
