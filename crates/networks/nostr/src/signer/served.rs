//! Apps that sign through us: the member gives an app a `bunker://` link (or takes its `nostrconnect://` one), and the
//! key never leaves. Every app is a Grant in the member's list: ended there, it can do nothing any more.

use super::{AppLink, Request, Response};
use crate::{
    event::{Event, Hex32, Keys, Template, kind},
    keys,
    network::Nostr,
    nips::n44,
    pool::Told,
    wire::Filter,
};
use landbridge_hub::{
    Hub, HubError, Stop,
    accounts::{NewGrant, Once},
};
use landbridge_model::{Id, Time};
use landbridge_store::entities::{grants, nostr_unsigned as sessions};
use serde::Deserialize;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How long an invitation works, once.
const INVITATION: Duration = Duration::from_secs(15 * 60);
const PURPOSE: &str = "nostr-connect";
/// What an app may do that asked for nothing in particular.
const EVERYTHING: &str = "sign_event nip44_encrypt nip44_decrypt nip04_encrypt nip04_decrypt";
/// Requests under way at once.
const AT_ONCE: usize = 16;

/// A `bunker://` link for one app.
pub struct Invitation {
    pub link: String,
}

/// Makes a link by which one app may sign in as the member.
pub async fn invite(nostr: &Nostr, member: Id) -> Result<Invitation, HubError> {
    if keys::held(&nostr.hub, member).await?.is_none() {
        return Err(HubError::Forbidden("your key is not held here: connect the app to your own signer"));
    }
    let once = Once { purpose: PURPOSE.into(), member: Some(member), facts: json!({}) };
    let secret = nostr.hub.once(once, INVITATION).await?;
    let mut link = url::Url::parse(&format!("bunker://{}", nostr.server_keys().await?.public()))
        .map_err(|_| HubError::Damaged("the server's Nostr key"))?;
    link.query_pairs_mut().append_pair("relay", nostr.relay_url()).append_pair("secret", &secret);
    Ok(Invitation { link: link.to_string() })
}

/// Accepts an app's `nostrconnect://` link for a member who has consented: the app is told on its relays, and heard
/// there. Gives the app's name.
pub async fn accept(nostr: &Arc<Nostr>, member: Id, link: &str) -> Result<String, HubError> {
    let wrong = || HubError::invalid("this is no link of a Nostr app (nostrconnect://)");
    if keys::held(&nostr.hub, member).await?.is_none() {
        return Err(HubError::Forbidden("your key is not held here: connect the app to your own signer"));
    }
    let AppLink { client, relays, secret, name, scopes } = AppLink::parse(link).ok_or_else(wrong)?;
    open(nostr, member, &client, &name, &scopes, &relays).await?;
    let server = nostr.server_keys().await?;
    let response =
        Response { id: hex::encode(crate::event::random::<8>()), result: Some(secret), error: None };
    let event = sealed(&server, &client, &response)?;
    nostr.relay().await?.pass_on(&event);
    for relay in relays.into_iter().filter(|r| r != nostr.relay_url()) {
        if let Err(error) = nostr.pool.publish(&relay, &event, None).await {
            tracing::info!(%relay, %error, "an app's relay did not take our answer");
        }
        tokio::spawn(listen(nostr.clone(), relay, client));
    }
    Ok(name)
}

/// Opens the session: a Grant, and the app's key as its token.
async fn open(
    nostr: &Nostr,
    member: Id,
    client: &Hex32,
    name: &str,
    scopes: &str,
    relays: &[String],
) -> Result<(), HubError> {
    let facts = json!({ "client": client, "relays": relays });
    let new = NewGrant {
        member: Some(member),
        app: None,
        purpose: "nostr-signer",
        name,
        scopes,
        facts,
        lifetime: None,
    };
    let (grant, _token) = nostr.hub.grant(new).await?;
    let row = sessions::open_session(&client.to_string(), member.0, grant.id.0, Time::now().0);
    nostr.hub.store().write(row).await?;
    nostr.hub.used(grant.id, "connected");
    Ok(())
}

pub async fn run(nostr: Arc<Nostr>, mut stop: Stop) {
    let taken = nostr.signer_out.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some(mut requests) = taken else { return };
    listen_again(&nostr).await;
    let room = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    loop {
        let event = tokio::select! {
            event = requests.recv() => match event { Some(event) => event, None => return },
            _ = stop.changed() => return,
        };
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let nostr = nostr.clone();
        tokio::spawn(async move {
            if let Some(answer) = answer(&nostr, &event).await
                && let Ok(relay) = nostr.relay().await
            {
                relay.pass_on(&answer);
            }
            drop(permit);
        });
    }
}

/// Apps that are reached on relays of their own are heard again after a restart.
async fn listen_again(nostr: &Arc<Nostr>) {
    #[derive(Deserialize)]
    struct Facts {
        client: Hex32,
        #[serde(default)]
        relays: Vec<String>,
    }
    let rows = nostr.hub.store().rows(grants::facts_for("nostr-signer")).await.unwrap_or_default();
    for mut row in rows {
        let facts = row.get::<String>(0).ok().and_then(|f| serde_json::from_str::<Facts>(&f).ok());
        for (relay, client) in
            facts.into_iter().flat_map(|f| f.relays.into_iter().map(move |r| (r, f.client)))
        {
            if relay != nostr.relay_url() {
                tokio::spawn(listen(nostr.clone(), relay, client));
            }
        }
    }
}

/// Hears one app on a relay of its choice, as long as its session stands.
async fn listen(nostr: Arc<Nostr>, relay: String, client: Hex32) {
    let Ok(server) = nostr.server_keys().await else { return };
    let mut backoff = crate::pool::Backoff::default();
    loop {
        match session(&nostr.hub, &client).await {
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "a signing session could not be read"),
        }
        let filter = Filter::default()
            .kinds([kind::NOSTR_CONNECT])
            .authors([client])
            .tag('p', [server.public().to_string()])
            .since(Time::now().secs() - 10);
        if let Ok(mut subscription) = nostr.pool.subscribe(&relay, vec![filter]).await {
            while let Some(told) = subscription.next().await {
                match told {
                    Told::Event(json) => {
                        let Ok(event) = Event::from_json(&json) else { continue };
                        if event.pubkey != client || nostr.seen.contains(&event.id) {
                            continue;
                        }
                        nostr.note(&event);
                        if let Some(answer) = answer(&nostr, &event).await {
                            let _ = nostr.pool.publish(&relay, &answer, None).await;
                        }
                    }
                    Told::UpToDate => backoff.succeeded(),
                    Told::Closed(_) => break,
                }
            }
        }
        tokio::time::sleep(backoff.failed()).await;
    }
}

/// The answer to a request, as an event to its sender; none to what is no request.
async fn answer(nostr: &Nostr, event: &Event) -> Option<Event> {
    let server = nostr.server_keys().await.ok()?;
    let old = event.content.contains("?iv=");
    let plain = match old {
        true => n44::decrypt_nip04(&server, &event.pubkey, &event.content),
        false => n44::decrypt(&server, &event.pubkey, &event.content),
    };
    let request: Request = serde_json::from_str(&plain.ok()?).ok()?;
    let id = request.id.clone();
    let response = match carry_out(nostr, &event.pubkey, &request).await {
        Ok(result) => Response { id, result: Some(result), error: None },
        Err(Failure::Said(why)) => Response { id, result: Some(String::new()), error: Some(why) },
        Err(Failure::Page(page)) => Response { id, result: Some("auth_url".into()), error: Some(page) },
    };
    if !old {
        // Without an answer the app would wait in vain.
        let too_long = || sealed(&server, &event.pubkey, &unsealable(response.id.clone()));
        return sealed(&server, &event.pubkey, &response).or_else(|_| too_long()).ok();
    }
    let text = serde_json::to_string(&response).ok()?;
    let content = n44::encrypt_nip04(&server, &event.pubkey, &text).ok()?;
    Some(addressed(&server, &event.pubkey, content))
}

/// What is said in place of an answer that is longer than NIP-44 encrypts.
fn unsealable(id: String) -> Response {
    Response { id, result: Some(String::new()), error: Some("the answer is too long to be encrypted".into()) }
}

fn sealed(server: &Keys, to: &Hex32, response: &Response) -> Result<Event, HubError> {
    let text = serde_json::to_string(response).map_err(|_| HubError::Damaged("an answer"))?;
    let content = n44::encrypt(server, to, &text).map_err(|_| HubError::Damaged("an answer"))?;
    Ok(addressed(server, to, content))
}

fn addressed(server: &Keys, to: &Hex32, content: String) -> Event {
    let tags = vec![vec!["p".into(), to.to_string()]];
    server.sign(Template { created_at: Time::now().secs(), kind: kind::NOSTR_CONNECT, tags, content })
}

/// A session that stands.
struct Session {
    member: Id,
    grant: Id,
}

async fn session(hub: &Hub, client: &Hex32) -> Result<Option<Session>, HubError> {
    let row = hub.store().row(sessions::session(&client.to_string(), Time::now().0)).await?;
    row.map(|mut row| Ok(Session { member: row.get(0)?, grant: row.get(1)? })).transpose()
}

/// Why an app did not get what it asked for.
enum Failure {
    /// Words for the person who looks at the app.
    Said(String),
    /// The member must open this page first; the answer follows then.
    Page(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Said(why)
    }
}

impl From<&str> for Failure {
    fn from(why: &str) -> Failure {
        Failure::Said(why.to_owned())
    }
}

fn broken(error: HubError) -> Failure {
    tracing::warn!(%error, "a signing request failed");
    "the signer has a fault; please try again".into()
}

/// Does what an app asks, if it may.
async fn carry_out(nostr: &Nostr, client: &Hex32, request: &Request) -> Result<String, Failure> {
    let hub = &nostr.hub;
    let param = |n: usize| request.params.get(n).map(String::as_str).unwrap_or_default();
    if request.method == "ping" {
        return Ok("pong".into());
    }
    if request.method == "connect" {
        return connect(nostr, client, request).await;
    }
    let settings = hub.config().url("/settings/nostr");
    let Some(Session { member, grant }) = session(hub, client).await.map_err(broken)? else {
        return Err(format!("this app is not connected (any more): get a new link at {settings}").into());
    };
    let scopes =
        hub.grants(member).await.map_err(broken)?.into_iter().find(|g| g.id == grant).map(|g| g.scopes);
    let scopes = scopes.unwrap_or_default();
    let keys = keys::held(hub, member).await.map_err(broken)?.ok_or("the key is not here any more")?;
    let may = |what: &str| match permits(&scopes, what) {
        true => Ok(()),
        false => Err(Failure::Said(format!(
            "the member did not allow this app to {}",
            what.replace(':', " of kind ")
        ))),
    };
    let other = |n: usize| param(n).parse::<Hex32>().map_err(|_| Failure::from("not a public key"));
    let crypt = |_| Failure::from("cannot be decrypted or encrypted");
    match request.method.as_str() {
        "get_public_key" => Ok(keys.public().to_string()),
        "sign_event" => {
            let template: Unsigned = serde_json::from_str(param(0)).map_err(|_| "not an event")?;
            if template.pubkey.is_some_and(|p| p != keys.public()) {
                return Err("this key is not the member's".into());
            }
            may(&format!("sign_event:{}", template.kind))?;
            hub.used(grant, &format!("signed an event of kind {}", template.kind));
            let created_at = template.created_at.unwrap_or_else(|| Time::now().secs());
            let Unsigned { kind, tags, content, .. } = template;
            Ok(keys.sign(Template { created_at, kind, tags, content }).json.to_string())
        }
        "nip44_encrypt" => {
            may("nip44_encrypt").and_then(|()| n44::encrypt(&keys, &other(0)?, param(1)).map_err(crypt))
        }
        "nip44_decrypt" => {
            may("nip44_decrypt").and_then(|()| n44::decrypt(&keys, &other(0)?, param(1)).map_err(crypt))
        }
        "nip04_encrypt" => {
            may("nip04_encrypt").and_then(|()| n44::encrypt_nip04(&keys, &other(0)?, param(1)).map_err(crypt))
        }
        "nip04_decrypt" => {
            may("nip04_decrypt").and_then(|()| n44::decrypt_nip04(&keys, &other(0)?, param(1)).map_err(crypt))
        }
        "switch_relays" => Ok(json!([nostr.relay_url()]).to_string()),
        "logout" => {
            hub.revoke(member, grant).await.map_err(broken)?;
            hub.store()
                .write(sessions::close_session(&client.to_string()))
                .await
                .map_err(|e| broken(e.into()))?;
            Ok("ack".into())
        }
        _ => Err("this signer does not know that method".into()),
    }
}

/// `connect`: signer's key, secret, permissions, what the app says of itself. Without a secret, the member is asked on a
/// page.
async fn connect(nostr: &Nostr, client: &Hex32, request: &Request) -> Result<String, Failure> {
    let param = |n: usize| request.params.get(n).map(String::as_str).unwrap_or_default();
    #[derive(Default, Deserialize)]
    struct About {
        name: Option<String>,
    }
    let about: About = serde_json::from_str(param(3)).unwrap_or_default();
    let (name, scopes) = (app_name(about.name.as_deref()), scopes_of(Some(param(2))));
    let secret = param(1);
    let taken = match secret {
        "" => None,
        secret => nostr.hub.once_take(PURPOSE, secret).await.map_err(broken)?,
    };
    match taken.and_then(|once| once.member) {
        Some(member) => {
            open(nostr, member, client, &name, &scopes, &[]).await.map_err(broken)?;
            Ok("ack".into())
        }
        // Apps say hello again after a restart, with the secret they once used.
        None if session(&nostr.hub, client).await.map_err(broken)?.is_some() => Ok("ack".into()),
        None if secret.is_empty() => {
            let token = hex::encode(crate::event::random::<16>());
            let page = nostr.hub.config().url(&format!("/settings/nostr/allow?ask={token}"));
            nostr.asks.insert(token, Ask { client: *client, request: request.id.clone(), name, scopes });
            Err(Failure::Page(page))
        }
        None => {
            let settings = nostr.hub.config().url("/settings/nostr");
            Err(format!("this link was used or is too old: get a new one at {settings}").into())
        }
    }
}

/// An app that waits for a member's consent.
#[derive(Clone)]
pub struct Ask {
    client: Hex32,
    request: String,
    /// What it calls itself.
    pub name: String,
    /// What it wants to do, as a grant's scopes.
    pub scopes: String,
}

/// The member allows what an app asked for, and the app is told.
pub async fn allow(nostr: &Nostr, member: Id, token: &str) -> Result<String, HubError> {
    if keys::held(&nostr.hub, member).await?.is_none() {
        return Err(HubError::Forbidden("your key is not held here: connect the app to your own signer"));
    }
    let ask = nostr.asks.remove(token).ok_or_else(|| {
        HubError::invalid("this has been answered, or is too old: please start again in the app")
    })?;
    open(nostr, member, &ask.client, &ask.name, &ask.scopes, &[]).await?;
    let response = Response { id: ask.request, result: Some("ack".into()), error: None };
    let event = sealed(&nostr.server_keys().await?, &ask.client, &response)?;
    nostr.relay().await?.pass_on(&event);
    Ok(ask.name)
}

/// An event as apps give it to be signed.
#[derive(Deserialize)]
struct Unsigned {
    #[serde(default)]
    pubkey: Option<Hex32>,
    #[serde(default)]
    created_at: Option<i64>,
    kind: kind::Kind,
    #[serde(default)]
    tags: Vec<Vec<String>>,
    #[serde(default)]
    content: String,
}

pub(super) fn app_name(said: Option<&str>) -> String {
    let name = landbridge_model::safe_display_name(said.unwrap_or_default(), 60);
    if name.is_empty() { "A Nostr app".into() } else { name }
}

/// `sign_event:1,nip44_encrypt` to scopes; nothing asked is everything.
pub(super) fn scopes_of(perms: Option<&str>) -> String {
    let good = |p: &&str| {
        !p.is_empty()
            && p.len() < 40
            && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
    };
    let asked: Vec<&str> =
        perms.unwrap_or_default().split(',').map(str::trim).filter(good).take(60).collect();
    if asked.is_empty() { EVERYTHING.into() } else { asked.join(" ") }
}

/// `sign_event:1` is allowed by itself and by `sign_event`.
fn permits(scopes: &str, what: &str) -> bool {
    let whole = what.split(':').next().unwrap_or(what);
    scopes.split_whitespace().any(|s| s == what || s == whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions() {
        let scopes = scopes_of(Some("sign_event:1, nip44_encrypt,<script>"));
        assert_eq!(scopes, "sign_event:1 nip44_encrypt");
        assert!(permits(&scopes, "sign_event:1") && permits(&scopes, "nip44_encrypt"));
        assert!(!permits(&scopes, "sign_event:3") && !permits(&scopes, "nip04_encrypt"));
        assert!(permits(&scopes_of(None), "sign_event:30023"));
    }
}
