//! `GET|POST /settings/nostr`: a member's Nostr key: the apps that sign through us, or the member's own signer; and which
//! relays may know the member. Plain HTML, no script; the apps that are connected stand in the list of grants, where each
//! can be ended.

use crate::{
    facts::Facts,
    keys,
    network::Nostr,
    nips::{n19, n65},
    signer,
};
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use landbridge_hub::{
    FormsLead, HubError, KeyImport,
    accounts::{Session, all_cookies, form_token, form_token_fits},
    plain_page,
};
use landbridge_model::{Id, Network, richtext::escape};
use serde::Deserialize;
use std::sync::Arc;

pub fn router() -> Router<Arc<Nostr>> {
    Router::new()
        .route("/settings/nostr", get(show).post(act))
        .route("/settings/nostr/connect", get(connect))
        .route("/settings/nostr/allow", get(ask))
}

/// Relays that one member can let know who they are.
const MOST_CONSENTED: usize = 50;

#[derive(Deserialize)]
struct Wish {
    token: String,
    what: String,
    #[serde(default)]
    uri: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    relays: String,
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

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    ask: String,
}

/// The page to which an app sends the member for consent (NIP-46's `auth_url`).
async fn ask(
    State(nostr): State<Arc<Nostr>>,
    headers: HeaderMap,
    Query(Asked { ask }): Query<Asked>,
) -> Response {
    let shown = async {
        let Some(session) = session(&nostr, &headers).await? else {
            return Ok(Redirect::to("/login").into_response());
        };
        let wish = nostr.asks.get(&ask).ok_or_else(|| {
            HubError::invalid("this has been answered, or is too old: please start again in the app")
        })?;
        let may: String =
            wish.scopes.split_whitespace().map(|s| format!("<li><code>{}</code></li>", escape(s))).collect();
        let body = format!(
            r#"<h2>{} wants to sign as you</h2><p>It could do this with your key, until you end it in your list of apps:</p><ul>{may}</ul>
<form method="post" action="/settings/nostr"><input type="hidden" name="token" value="{}"><input type="hidden" name="what" value="allow"><input type="hidden" name="uri" value="{}"><button>Allow it</button></form><p><a href="/settings/nostr">Do not allow it</a></p>"#,
            escape(&wish.name),
            escape(&form_token(&session.token)),
            escape(&ask)
        );
        Ok(document("", &body))
    };
    answer(shown.await)
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
            "allow" => {
                let name = signer::allow(&nostr, member, &wish.uri).await?;
                format!("<p>{} may sign as you now.</p>", escape(&name))
            }
            "outside" => {
                own_signer(&nostr, member, wish.uri.trim()).await?;
                "<p>Your own signer signs for you from now on.</p>".to_owned()
            }
            "consent" => {
                consent(&nostr, member, &wish.relays).await?;
                "<p>Saved.</p>".to_owned()
            }
            "export" => {
                // A session left open must not be enough to take the identity away.
                match nostr.hub.sign_in(&session.member.actor.username, &wish.password).await {
                    Ok(_) => {}
                    Err(HubError::Unauthorized) => {
                        let said = r#"<p class="problem" role="alert">That is not your password.</p>"#;
                        return page(&nostr, &session, said, "").await;
                    }
                    Err(why) => return Err(why),
                }
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
    nostr.hub.session(&all_cookies(headers)).await
}

/// The member's own signer is met by its link, or has answered ours: a member who is not on Nostr joins with its key, one
/// who is keeps their key in it.
async fn own_signer(nostr: &Nostr, member: Id, link: &str) -> Result<(), HubError> {
    if nostr.hub.presence(member, Network::Nostr).await?.is_some() {
        return signer::adopt(nostr, member, link).await;
    }
    if !signer::is_link(link) {
        return Err(HubError::invalid("this is no link of a signer (bunker://)"));
    }
    let import = KeyImport { key: link.to_owned(), password: None };
    nostr.hub.join_network(member, Network::Nostr, Some(import), None).await
}

/// The relays that may know who the member is, one a line.
async fn consent(nostr: &Nostr, member: Id, relays: &str) -> Result<(), HubError> {
    let presence = nostr.hub.presence(member, Network::Nostr).await?.ok_or(HubError::NotFound)?;
    let mut consented = Vec::new();
    for line in relays.split_whitespace().take(MOST_CONSENTED) {
        let url = n65::normal(line)
            .ok_or_else(|| HubError::invalid("a relay's address begins with wss://, one on each line"))?;
        consented.push(url);
    }
    let facts = Facts { consented, ..Facts::of(&presence) };
    nostr.hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await
}

async fn page(nostr: &Arc<Nostr>, session: &Session, said: &str, uri: &str) -> Result<Response, HubError> {
    let member = &session.member.actor;
    let token = escape(&form_token(&session.token));
    let form = |what: &str, inside: &str| {
        format!(
            r#"<form method="post" action="/settings/nostr"><input type="hidden" name="token" value="{token}"><input type="hidden" name="what" value="{what}">{inside}</form>"#
        )
    };
    let offered = escape(&signer::offer(nostr, member.id).await?);
    let signers = [
        form(
            "outside",
            &format!(
                r#"<p>Open this link in your signer, or paste it there, within 15 minutes:</p><p><code><a href="{offered}">{offered}</a></code></p><input type="hidden" name="uri" value="{offered}"><button>I have allowed it there</button>"#
            ),
        ),
        form(
            "outside",
            r#"<label>Or paste the link that your signer shows (bunker://)<input name="uri" dir="ltr" required></label><button>Connect this signer</button>"#,
        ),
    ]
    .concat();
    let presence = nostr.hub.presence(member.id, Network::Nostr).await?;
    let Some((presence, key)) = presence.and_then(|p| Some((p.clone(), p.native_id.parse().ok()?))) else {
        let body = format!(
            "<p>You are not on Nostr.</p><h2>Join with a key in your own signer</h2><p>What you post on Nostr is public for ever. Every post, like and follow then waits until your signer signs it.</p>{signers}<p><a href=\"/settings/networks\">Join with a new key, or one that you have</a></p>"
        );
        return Ok(document(said, &body));
    };
    let held = keys::held(&nostr.hub, member.id).await?.is_some();
    let forms = match held {
        true => format!(
            r#"<h2>Use another Nostr app</h2>
<p>The app signs through this server: your key stays here. You can end its access at any time in your list of apps.</p>
{}{}
<h2>Keep your key in your own signer</h2>
<p>Take your key into the signer first. Once it is connected, the key is forgotten here, and everything waits until your signer signs it.</p>
{signers}
<h2>Take your key away</h2>
{}"#,
            form("invite", "<button>Make a link for one app</button>"),
            form(
                "accept",
                &format!(
                    r#"<label>Or paste the link that the app shows (nostrconnect://)<input name="uri" value="{}" dir="ltr" required></label><button>Connect this app</button>"#,
                    escape(uri)
                )
            ),
            form(
                "export",
                r#"<label>Your password<input type="password" name="password" autocomplete="current-password" required></label><button>Show my secret key</button>"#
            )
        ),
        false => {
            let page = nostr.signer_pages.get(&member.id).map(|page| {
                let page = escape(&page);
                format!(r#"<p>It wants you to open <a href="{page}" rel="noreferrer">{page}</a>.</p>"#)
            });
            format!(
                "<h2>Your signer</h2><p>Your key is kept by your own signer.</p>{}<h2>Connect another signer with the same key</h2>{signers}",
                page.unwrap_or_default()
            )
        }
    };
    let consented = Facts::of(&presence).consented.join("\n");
    let relays = form(
        "consent",
        &format!(
            r#"<label>One on each line<textarea name="relays" rows="3" dir="ltr">{}</textarea></label><button>Save</button>"#,
            escape(&consented)
        ),
    );
    let body = format!(
        "<p>You are <strong>{}</strong>, <code>{}</code>.</p>{forms}<h2>Relays that may know you</h2><p>Some relays answer only those who say who they are. This server does so as you at these relays, and nowhere else.</p>{relays}",
        escape(&nostr.hub.config().address(&member.username)),
        n19::npub(&key)
    );
    Ok(document(said, &body))
}

fn document(said: &str, body: &str) -> Response {
    let body =
        format!(r#"<h1>Nostr</h1>{said}{body}<p><a href="/settings/networks">Back to your networks</a></p>"#);
    plain_page("Nostr", &body, FormsLead::Back).into_response()
}

fn answer(result: Result<Response, HubError>) -> Response {
    let (status, why) = match result {
        Ok(response) => return response,
        Err(HubError::NotFound) => (StatusCode::NOT_FOUND, "You are not on Nostr.".to_owned()),
        Err(error @ HubError::Unauthorized) => (StatusCode::UNAUTHORIZED, error.to_string()),
        Err(error @ (HubError::Invalid(_) | HubError::Forbidden(_) | HubError::Remote(_))) => {
            (StatusCode::FORBIDDEN, error.to_string())
        }
        Err(error @ HubError::Wait(_)) => (StatusCode::TOO_MANY_REQUESTS, error.to_string()),
        Err(error) => {
            tracing::warn!(%error, "the Nostr settings failed");
            (StatusCode::SERVICE_UNAVAILABLE, "Please try again later.".to_owned())
        }
    };
    let body = format!(
        r#"<h1>This does not work</h1><p>{}</p><p><a href="/settings/nostr">Back</a></p>"#,
        escape(&why)
    );
    (status, plain_page("This does not work", &body, FormsLead::Back)).into_response()
}
