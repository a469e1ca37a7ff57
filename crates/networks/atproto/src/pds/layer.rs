//! What goes around every answer of the PDS: browsers' apps from anywhere may ask (CORS), nonces for proofs of keys, limits.

use super::{
    ErrorName, XrpcError,
    access::{Limit, limit_headers, refused},
    input::counted,
};
use crate::{network::AtProto, oauth::dpop};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Headers that apps may read.
const EXPOSED: &str = "DPoP-Nonce, WWW-Authenticate, atproto-repo-rev, atproto-content-labelers, RateLimit-Limit, \
                       RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy, Retry-After, Content-Disposition";
/// Headers that apps may send, where a browser does not say which it wants to.
const ALLOWED: &str = "Authorization, Content-Type, Content-Encoding, DPoP, atproto-accept-labelers, atproto-proxy, \
                       x-bsky-topics, Accept-Language";

const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

pub async fn around(State(at): State<Arc<AtProto>>, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return allowed(request.headers());
    }
    let xrpc = request.uri().path().starts_with("/xrpc/");
    let proves = request.headers().contains_key("dpop") || request.uri().path().starts_with("/oauth/");
    let signed_in = request.headers().contains_key(header::AUTHORIZATION);
    let standing = match counted(request.extensions()).filter(|_| xrpc) {
        Some(address) => at.guard.limits.try_take(Limit::Requests, &address, 1).map(Some),
        None => Ok(None),
    };
    let mut answer = match &standing {
        Ok(_) => next.run(request).await,
        Err(spent) => refused(spent).into_response(),
    };
    let named = answer.extensions().get::<ErrorName>().copied();
    let unauthorized = answer.status() == StatusCode::UNAUTHORIZED;
    // Who is refused for another reason is not told of this one.
    let told = match standing {
        Ok(standing) => standing.filter(|_| answer.status() != StatusCode::TOO_MANY_REQUESTS),
        Err(spent) => Some(spent),
    };
    let headers = answer.headers_mut();
    if let Some(standing) = told {
        limit_headers(&standing, headers);
    }
    if signed_in && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
        headers.append(header::VARY, HeaderValue::from_static("Authorization"));
    }
    if unauthorized && !headers.contains_key(header::WWW_AUTHENTICATE) {
        let challenge = match named {
            Some(ErrorName(dpop::USE_NONCE)) => {
                r#"DPoP algs="ES256", error="use_dpop_nonce", error_description="the proof needs the newest nonce""#
            }
            Some(ErrorName("invalid_dpop_proof")) => r#"DPoP algs="ES256", error="invalid_dpop_proof""#,
            Some(ErrorName("invalid_token")) => r#"DPoP algs="ES256", error="invalid_token""#,
            _ => r#"DPoP algs="ES256""#,
        };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if proves
        && let Ok(nonce) = at.nonce().await
        && let Ok(nonce) = HeaderValue::from_str(&nonce)
    {
        headers.insert(NONCE, nonce);
    }
    expose(headers);
    answer
}

/// The answer to what is turned away before it comes here: browsers' apps can read it, too.
pub fn turned_away(error: XrpcError) -> Response {
    let mut answer = error.into_response();
    expose(answer.headers_mut());
    answer
}

fn expose(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// The answer to a browser that asks whether it may. There are no cookies here, so everybody may.
fn allowed(asked: &HeaderMap) -> Response {
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).filter(|wanted| wanted.len() <= 2000);
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, OPTIONS")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.cloned().unwrap_or(HeaderValue::from_static(ALLOWED))),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
        (header::VARY, HeaderValue::from_static("Access-Control-Request-Headers")),
    ];
    (StatusCode::NO_CONTENT, HeaderMap::from_iter(fixed)).into_response()
}
