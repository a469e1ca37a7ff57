//! `GET|POST /settings/atproto`, on the origin of the pages: who a member is on AT Protocol, passwords for apps, codes for what
//! changes the identity, the recovery key. Plain HTML, no script.

use super::{
    XrpcError,
    codes::Code,
    identity::set_handle,
    server::{AppPassword, create_app_password},
};
use crate::{
    facts::Facts,
    keys,
    network::AtProto,
    people::OWN_HOST,
    syntax::{Did, Handle},
};
use axum::{
    Form, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use landbridge_hub::{
    FormsLead, HubError, KeyImport,
    accounts::{Session, all_cookies, form_token, form_token_fits},
    plain_page,
};
use landbridge_model::{Id, Network, Presence, PresenceState, richtext::escape};
use serde::Deserialize;
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new().route("/settings/atproto", get(show).post(act))
}

/// At the PDS: where people find what browsers and apps look for there.
pub fn signposts() -> Router<Arc<AtProto>> {
    let to = |path: &'static str| {
        get(move |State(at): State<Arc<AtProto>>| async move { Redirect::to(&at.hub.config().url(path)) })
    };
    Router::new()
        .route("/account", to("/settings/atproto"))
        .route("/.well-known/change-password", to("/settings/account"))
}

#[derive(Deserialize)]
struct Wish {
    token: String,
    what: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    privileged: String,
    #[serde(default)]
    handle: String,
    #[serde(default)]
    grant: String,
    #[serde(default)]
    blocks: String,
    #[serde(default)]
    long: String,
    #[serde(default)]
    identity: String,
}

async fn show(State(at): State<Arc<AtProto>>, headers: HeaderMap) -> Response {
    let shown = async {
        match at.hub.session(&all_cookies(&headers)).await? {
            Some(session) => page(&at, &session, "").await,
            None => Ok(Redirect::to("/login").into_response()),
        }
    };
    answer(shown.await)
}

async fn act(State(at): State<Arc<AtProto>>, headers: HeaderMap, Form(wish): Form<Wish>) -> Response {
    let done = async {
        let session = at.hub.session(&all_cookies(&headers)).await?.ok_or(HubError::Unauthorized)?;
        if !form_token_fits(&session.token, &wish.token) {
            return Err(HubError::Forbidden("this form is too old; please go back and load the page again"));
        }
        let said = match fulfil(&at, &session, &wish).await {
            Ok(said) => said,
            Err(HubError::Unauthorized) => problem("That is not your password."),
            Err(HubError::Invalid(why) | HubError::Remote(why)) => problem(&why),
            Err(other) => return Err(other),
        };
        page(&at, &session, &said).await
    };
    answer(done.await)
}

/// Does what was asked for; gives what is to be said.
async fn fulfil(at: &Arc<AtProto>, session: &Session, wish: &Wish) -> Result<String, HubError> {
    let member = session.member.actor.id;
    // A session left open must not be enough for what lasts.
    let proved = async || at.hub.sign_in(&session.member.actor.username, &wish.password).await.map(drop);
    if wish.what == "join" {
        proved().await?;
        let import = KeyImport { key: OWN_HOST.into(), password: None };
        let import = (wish.identity == "web").then_some(import);
        at.hub.join_network(member, Network::AtProto, import).await?;
        return Ok(said("<p>You are on AT Protocol.</p>"));
    }
    let presence = at.hub.presence(member, Network::AtProto).await?.ok_or(HubError::NotFound)?;
    Ok(match wish.what.as_str() {
        "app-password" => {
            proved().await?;
            let (made, password) =
                create_app_password(at, member, &wish.name, !wish.privileged.is_empty()).await?;
            said(&format!(
                "<p>The password for {}. It is shown this once:</p><p><code>{password}</code></p><p>Use it with your handle, and <code>{}</code> as the hosting provider.</p>",
                escape(&made.name),
                escape(at.options.pds_origin())
            ))
        }
        "revoke" => {
            let grant = wish.grant.parse::<Id>().map_err(|_| HubError::NotFound)?;
            // Only what is in that list, and not another grant.
            if at.app_passwords(member).await?.iter().any(|password| password.grant == grant) {
                at.revoke_app_password(member, grant).await?;
            }
            said("<p>Ended. What was signed in with it is signed out.</p>")
        }
        "choices" => {
            let mut facts = Facts::of(&presence);
            facts.public_blocks = wish.blocks == "public";
            facts.threads = wish.long == "thread";
            at.hub.set_facts(Network::AtProto, &presence.native_id, facts.value()).await?;
            said("<p>Saved.</p>")
        }
        "handle" => {
            proved().await?;
            let handle = Handle::parse(wish.handle.trim().trim_start_matches('@'));
            let handle = handle.map_err(|why| HubError::invalid(why.to_string()))?;
            set_handle(at, &presence, &handle).await.map_err(in_words)?;
            said(&format!("<p>Your handle is <strong>{}</strong> now.</p>", escape(handle.as_str())))
        }
        "identity-code" => {
            proved().await?;
            let code = at.make_code(member, Code::Identity).await?;
            said(&format!(
                "<p>The code with which an app can change your identity once, within 15 minutes. Give it to an app only if you are moving your account yourself: whoever has it can take your identity to another server.</p><p><code>{code}</code></p>"
            ))
        }
        "delete-code" => {
            proved().await?;
            let code = at.make_code(member, Code::Delete).await?;
            said(&format!(
                "<p>The code with which an app can delete your account once, within 15 minutes. It deletes your whole account here, on every network, for good.</p><p><code>{code}</code></p>"
            ))
        }
        "new-key" => {
            proved().await?;
            at.renew_signing_key(member).await?;
            said("<p>A new key signs for you from now on. The old one is good for nothing any more.</p>")
        }
        "export" => {
            proved().await?;
            let key = keys::export_recovery(&at.hub, member).await?.ok_or(HubError::NotFound)?;
            said(&format!(
                "<p>Your recovery key (K-256, hexadecimal). Whoever has it can take your identity over, for ever: keep it safe, show it to nobody.</p><p><code>{}</code></p>",
                escape(&key)
            ))
        }
        _ => String::new(),
    })
}

fn in_words(error: XrpcError) -> HubError {
    if error.status.is_server_error() {
        HubError::Remote(error.message)
    } else {
        HubError::Invalid(error.message)
    }
}

fn said(html: &str) -> String {
    format!(r#"<div class="said" role="status">{html}</div>"#)
}

fn problem(why: &str) -> String {
    format!(r#"<p class="problem" role="alert">{}</p>"#, escape(why))
}

/// What it costs to be a host.
const BOUND: &str = "<h2>Your identity is this address</h2><p>It cannot be moved to another server: whoever has this domain is the only one who can say who you are. If this server ends, or loses its domain, your identity on this network ends with it, and nobody can bring it back. There is no recovery key.</p>";

/// What there is to choose before joining.
fn which_identity(at: &AtProto, name: &str) -> Result<String, HubError> {
    let handle = at.handle_of(name)?;
    let handle = escape(handle.as_str());
    Ok(format!(
        r#"<p>You are not on AT Protocol yet. Everything there is public for ever. First choose who you are going to be there, also for ever.</p><fieldset><legend>Your identity</legend><label><input type="radio" name="identity" value="plc" checked> One that you can take with you. It stands in a public directory (plc.directory), with the history of your handles and servers, and moves with you to any other server. You get a recovery key. This is what nearly everybody has.</label><label><input type="radio" name="identity" value="web"> This address itself: <code>did:web:{handle}</code>. No directory knows of you, but you are bound to this domain for ever: you cannot move to another server, and if this one ends or loses its domain, your identity ends with it. There is no recovery key.</label></fieldset>{PASSWORD}<button>Join AT Protocol</button>"#
    ))
}

const PASSWORD: &str = r#"<label>Your password<input type="password" name="password" autocomplete="current-password" required></label>"#;

async fn page(at: &Arc<AtProto>, session: &Session, said: &str) -> Result<Response, HubError> {
    let member = &session.member.actor;
    let token = escape(&form_token(&session.token));
    let form = |what: &str, inside: &str| {
        format!(
            r#"<form method="post" action="/settings/atproto"><input type="hidden" name="token" value="{token}"><input type="hidden" name="what" value="{what}">{inside}</form>"#
        )
    };
    let Some(presence) = at.hub.presence(member.id, Network::AtProto).await? else {
        return Ok(document(said, &form("join", &which_identity(at, &member.username)?)));
    };
    let asked = |code, what: &str| match at.is_asked_for(member.id, code) {
        true => format!(
            "<p><strong>An app has just asked for {what}.</strong> If that was not you, do nothing.</p>"
        ),
        false => String::new(),
    };
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let passwords = at.app_passwords(member.id).await?;
    let facts = Facts::of(&presence);
    let body = [
        who(at, &presence),
        "<h2>Passwords for apps</h2><p>An app that asks for a password, and not for your consent on a page of ours, gets one of its own: it cannot change your password or your identity, and you can end it alone. What is signed in stands in your <a href=\"/settings/access\">list of apps</a>, too.</p>".into(),
        passwords.iter().map(|password| line(password, &form)).collect(),
        form(
            "app-password",
            &format!(
                r#"<label>For which app<input name="name" maxlength="60" required></label><label>Private messages (Bluesky chat)<select name="privileged"><option value="">it may not</option><option value="1">it may read and write them</option></select></label>{PASSWORD}<button>Make a password</button>"#
            ),
        ),
        "<h2>What you write</h2><p>Blocks are public on this network. Kept to yourself, they hold here all the same, but people there do not see that you have blocked somebody, and neither do their servers.</p>".into(),
        form(
            "choices",
            &format!(
                "{}{}<button>Save</button>",
                choice("blocks", "public", "Tell everybody whom I block", facts.public_blocks),
                choice("long", "thread", "Make a thread of posts with more than 300 characters, instead of cutting them and linking to the whole", facts.threads),
            ),
        ),
        "<h2>Your handle</h2><p>You can use a domain of your own. First it has to say that it is you: put your DID, and nothing else, at <code>/.well-known/atproto-did</code> of that domain, or <code>did=</code> and your DID into its DNS, as a TXT record of <code>_atproto</code>.</p>".into(),
        form(
            "handle",
            &format!(
                r#"<label>Handle<input name="handle" value="{}" dir="ltr" autocapitalize="none" spellcheck="false" required></label>{PASSWORD}<button>Change it</button>"#,
                escape(&facts.handle)
            ),
        ),
        "<h2>Your signing key</h2><p>This server signs what you write with it. If you think that somebody else has it, have a new one made: what the old one signs then is no longer believed.</p>".into(),
        form("new-key", &format!("{PASSWORD}<button>Make a new signing key</button>")),
        match at.member_of_host(&did).await? {
            Some(_) => BOUND.to_owned(),
            None => [
                "<h2>Moving to another server</h2>",
                &asked(Code::Identity, "a code that changes your identity"),
                "<p>Your new server, or the tool with which you move, asks for a code. Other servers send it by mail; this one shows it here, because an app that you signed in must not be able to take your identity away.</p>",
                &form("identity-code", &format!("{PASSWORD}<button>Show a code</button>")),
                "<h2>Your recovery key</h2><p>It is mightier than this server's key: with it you can take your identity to another server even if this one is gone or will not let you. Changes by this server can be undone with it for three days.</p>",
                &form("export", &format!("{PASSWORD}<button>Show my recovery key</button>")),
            ]
            .concat(),
        },
        "<h2>Deleting the account by an app</h2>".into(),
        asked(Code::Delete, "a code that deletes your account"),
        "<p>An app of this network that deletes the account needs a code. It deletes your whole account here, on every network. To leave this network alone, <a href=\"/settings/networks\">switch it off</a>.</p>".into(),
        form("delete-code", &format!("{PASSWORD}<button>Show a code</button>")),
        "<h2>What is public for ever</h2><p>Everything in your repository can be read and kept by everybody: posts, likes, reposts, follows, lists, and, if you chose so, whom you block. Deleting takes it out of your repository, but not out of the copies of others. The history of your handles, keys and servers stands in the public directory of identities and cannot be removed. The service that puts feeds together for Bluesky apps (AppView) sees what you read with them. Bluesky's chat is not end-to-end encrypted: its operator can read it.</p>".into(),
    ]
    .concat();
    Ok(document(said, &body))
}

fn choice(name: &str, value: &str, label: &str, chosen: bool) -> String {
    let chosen = if chosen { " checked" } else { "" };
    format!("<label><input type=\"checkbox\" name=\"{name}\" value=\"{value}\"{chosen}> {label}</label>")
}

fn who(at: &AtProto, presence: &Presence) -> String {
    let facts = Facts::of(presence);
    let state = match presence.state {
        PresenceState::Active => "",
        _ if facts.moving => {
            "<p>Your account is on its way here from another server: it is switched off until everything has come.</p>"
        }
        _ => "<p>It is switched off.</p>",
    };
    format!(
        "<p>You are <strong>{}</strong>.</p><p>DID: <code>{}</code></p><p>Hosting provider, for apps: <code>{}</code></p>{state}",
        escape(if facts.handle.is_empty() { Handle::INVALID } else { &facts.handle }),
        escape(&presence.native_id),
        escape(at.options.pds_origin())
    )
}

fn line(password: &AppPassword, form: &impl Fn(&str, &str) -> String) -> String {
    let messages = if password.privileged { ", also private messages" } else { "" };
    let inside = format!(
        r#"<p><strong>{}</strong><br><small>made {}{messages}</small></p><input type="hidden" name="grant" value="{}"><button>End it</button>"#,
        escape(&password.name),
        password.created_at.date(),
        password.grant
    );
    form("revoke", &inside)
}

fn document(said: &str, body: &str) -> Response {
    let body = format!(
        r#"<h1>AT Protocol</h1>{said}{body}<p><a href="/settings/networks">Back to your networks</a></p>"#
    );
    plain_page("AT Protocol", &body, FormsLead::Back).into_response()
}

fn answer(result: Result<Response, HubError>) -> Response {
    let (status, why) = match result {
        Ok(response) => return response,
        Err(HubError::NotFound) => (StatusCode::NOT_FOUND, "You are not on AT Protocol.".to_owned()),
        Err(error @ HubError::Unauthorized) => (StatusCode::UNAUTHORIZED, error.to_string()),
        Err(error @ HubError::Forbidden(_)) => (StatusCode::FORBIDDEN, error.to_string()),
        Err(error @ HubError::Wait(_)) => (StatusCode::TOO_MANY_REQUESTS, error.to_string()),
        Err(error) => {
            tracing::warn!(%error, "the AT Protocol settings failed");
            (StatusCode::SERVICE_UNAVAILABLE, "Please try again later.".to_owned())
        }
    };
    let body = format!(
        r#"<h1>This does not work</h1><p>{}</p><p><a href="/settings/atproto">Back</a></p>"#,
        escape(&why)
    );
    (status, plain_page("This does not work", &body, FormsLead::Back)).into_response()
}
