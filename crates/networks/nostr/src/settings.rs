//! `GET|POST /settings/nostr`: a member's Nostr key and the apps that sign through it. Plain HTML, no script; the apps
//! that are connected stand in the list of grants, where each can be ended.

use crate::{keys, network::Nostr, nips::n19, signer};
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use landbridge_hub::{
    HubError,
    accounts::{Session, form_token, form_token_fits},
};
use landbridge_model::{Network, richtext::escape};
use serde::Deserialize;
use std::sync::Arc;

pub fn router() -> Router<Arc<Nostr>> {
    Router::new().route("/settings/nostr", get(show).post(act)).route("/settings/nostr/connect", get(connect))
}

#[derive(Deserialize)]
struct Wish {
    token: String,
    what: String,
    #[serde(default)]
    uri: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    uri: String,
}

async fn show(State(nostr): State<Arc<Nostr>>, headers: HeaderMap) -> Response {
    answer(visit(&nostr, &headers, "", "").await)
}

/// The page that a Nostr app opens to be connected (NIP-46's `nostrconnect_url`).
async fn connect(
    State(nostr): State<Arc<Nostr>>,
    headers: HeaderMap,
    Query(Link { uri }): Query<Link>,
) -> Response {
    answer(visit(&nostr, &headers, "", &uri).await)
}

async fn visit(nostr: &Arc<Nostr>, headers: &HeaderMap, said: &str, uri: &str) -> Result<Response, HubError> {
    match session(nostr, headers).await? {
        Some(session) => page(nostr, &session, said, uri).await,
        None => Ok(Redirect::to("/login").into_response()),
    }
}

async fn act(State(nostr): State<Arc<Nostr>>, headers: HeaderMap, Form(wish): Form<Wish>) -> Response {
    let done = async {
        let session = session(&nostr, &headers).await?.ok_or(HubError::Unauthorized)?;
        if !form_token_fits(&session.token, &wish.token) {
            return Err(HubError::Forbidden("this form is too old; please go back and load the page again"));
        }
        let member = session.member.actor.id;
        let said = match wish.what.as_str() {
            "invite" => {
                let link = signer::invite(&nostr, member).await?.link;
                format!(
                    "<p>Paste this link into your Nostr app within 15 minutes. It works once.</p><p><code>{}</code></p>",
                    escape(&link)
                )
            }
            "accept" => {
                let name = signer::accept(&nostr, member, &wish.uri).await?;
                format!("<p>{} is connected.</p>", escape(&name))
            }
            "export" => {
                // A session left open must not be enough to take the identity away.
                nostr.hub.sign_in(&session.member.actor.username, &wish.password).await?;
                let nsec = keys::export_nsec(&nostr.hub, member).await?;
                format!(
                    "<p>Your secret key. Whoever has it is you on Nostr, for ever: keep it safe, show it to nobody.</p><p><code>{}</code></p>",
                    escape(&nsec)
                )
            }
            _ => String::new(),
        };
        page(&nostr, &session, &said, "").await
    };
    answer(done.await)
}

async fn session(nostr: &Nostr, headers: &HeaderMap) -> Result<Option<Session>, HubError> {
    let cookies = headers.get(header::COOKIE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    nostr.hub.session(cookies).await
}

async fn page(nostr: &Nostr, session: &Session, said: &str, uri: &str) -> Result<Response, HubError> {
    let member = &session.member.actor;
    let presence = nostr.hub.presence(member.id, Network::Nostr).await?;
    let Some(key) = presence.and_then(|p| p.native_id.parse().ok()) else { return Err(HubError::NotFound) };
    let token = escape(&form_token(&session.token));
    let address = escape(&nostr.hub.config().address(&member.username));
    let held = keys::held(&nostr.hub, member.id).await?.is_some();
    let forms = match held {
        true => format!(
            r#"<h2>Use another Nostr app</h2>
<p>The app signs through this server: your key stays here. You can end its access at any time in your list of apps.</p>
<form method="post" action="/settings/nostr"><input type="hidden" name="token" value="{token}"><input type="hidden" name="what" value="invite"><button>Make a link for one app</button></form>
<form method="post" action="/settings/nostr"><input type="hidden" name="token" value="{token}"><input type="hidden" name="what" value="accept"><p><label>Or paste the link that the app shows (nostrconnect://)<br><input name="uri" value="{}" size="60" required></label></p><button>Connect this app</button></form>
<h2>Take your key away</h2>
<form method="post" action="/settings/nostr"><input type="hidden" name="token" value="{token}"><input type="hidden" name="what" value="export"><p><label>Your password<br><input type="password" name="password" autocomplete="current-password" required></label></p><button>Show my secret key</button></form>"#,
            escape(uri)
        ),
        false => "<p>Your key is kept by your own signer.</p>".into(),
    };
    let body = format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nostr</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}}code{{overflow-wrap:anywhere}}</style></head>
<body><p><a href="/settings">Settings</a></p><h1>Nostr</h1>{said}
<p>You are <strong>{address}</strong>, <code>{}</code>.</p>{forms}</body></html>"#,
        n19::npub(&key)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, body).into_response())
}

fn answer(result: Result<Response, HubError>) -> Response {
    let (status, why) = match result {
        Ok(response) => return response,
        Err(HubError::NotFound) => (StatusCode::NOT_FOUND, "You are not on Nostr.".to_owned()),
        Err(error @ HubError::Unauthorized) => (StatusCode::UNAUTHORIZED, error.to_string()),
        Err(error @ (HubError::Invalid(_) | HubError::Forbidden(_) | HubError::Remote(_))) => {
            (StatusCode::FORBIDDEN, error.to_string())
        }
        Err(error) => {
            tracing::warn!(%error, "the Nostr settings failed");
            (StatusCode::SERVICE_UNAVAILABLE, "Please try again later.".to_owned())
        }
    };
    (status, why).into_response()
}
