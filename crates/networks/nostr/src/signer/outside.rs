//! A member's own signer, reached by a `bunker://` link: asked to sign what the member did here, and distrusted: what
//! comes back must be exactly the event that was asked for. Until then the event waits unsigned, and dies with a delete.

use super::{Request, Response};
use crate::{
    event::{Event, Hex32, Keys, Template, kind},
    keys::BUNKER,
    network::Nostr,
    nips::{n44, n65},
    pool::Told,
    stage::{Sent, send},
    wire::Filter,
};
use landbridge_hub::{HubError, Stop};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::nostr_unsigned::{self as waiting, Unsigned};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How long a signer may think: its owner may have to look at a telephone.
const PATIENCE: Duration = Duration::from_secs(60);
/// What was not signed for so long is given up.
const GIVE_UP: i64 = 7 * 86_400_000;
const LOOK: Duration = Duration::from_secs(10);

/// How to reach a member's signer. Kept sealed, as a key.
#[derive(Clone, Serialize, Deserialize)]
pub struct Outside {
    /// The signer's own key; the member's may be another.
    pub signer: Hex32,
    pub relays: Vec<String>,
    /// Our key towards the signer, hex.
    pub client: String,
}

/// Connects by a `bunker://` link; gives the member's key. Nothing is stored here.
pub async fn connect(nostr: &Nostr, link: &str) -> Result<(Outside, Hex32), HubError> {
    let wrong = || HubError::invalid("this is no link of a signer (bunker://)");
    let url = url::Url::parse(link).map_err(|_| wrong())?;
    let signer = url.host_str().and_then(|h| h.parse().ok()).ok_or_else(wrong)?;
    let all = |name: &str| {
        url.query_pairs().filter(|(k, _)| k == name).map(|(_, v)| v.into_owned()).collect::<Vec<_>>()
    };
    let relays: Vec<String> = all("relay").iter().filter_map(|r| n65::normal(r)).take(4).collect();
    if relays.is_empty() {
        return Err(wrong());
    }
    let outside = Outside { signer, relays, client: hex::encode(Keys::generate().secret()) };
    let secret = all("secret").into_iter().next().unwrap_or_default();
    let about = json!({ "name": nostr.hub.config().title, "url": nostr.hub.config().url("/") }).to_string();
    let kinds = [0, 1, 3, 5, 6, 7, 16, 62, 1018, 1068, 1111, 10_002];
    let perms: Vec<String> = kinds.iter().map(|k| format!("sign_event:{k}")).collect();
    let params = vec![signer.to_string(), secret, perms.join(","), about];
    outside.ask(nostr, "connect", params).await?;
    // The signer's key need not be the member's.
    let key = outside.ask(nostr, "get_public_key", Vec::new()).await?;
    let key = key.parse().map_err(|_| HubError::Remote("the signer gave no public key".into()))?;
    Ok((outside, key))
}

impl Outside {
    /// Asks on the first of its relays that works, and waits.
    async fn ask(&self, nostr: &Nostr, method: &str, params: Vec<String>) -> Result<String, HubError> {
        let secret = hex::decode(&self.client).unwrap_or_default();
        let client = Keys::from_secret(&secret).map_err(|_| HubError::Damaged("the key towards a signer"))?;
        let id = hex::encode(crate::event::random::<8>());
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        let text = serde_json::to_string(&request).map_err(|_| HubError::Damaged("a request"))?;
        let content = n44::encrypt(&client, &self.signer, &text)
            .map_err(|_| HubError::invalid("the signer's key is not valid"))?;
        let template = Template {
            created_at: Time::now().secs(),
            kind: kind::NOSTR_CONNECT,
            tags: vec![vec!["p".into(), self.signer.to_string()]],
            content,
        };
        let event = client.sign(template);
        let mut last = HubError::Remote("the signer's relays cannot be reached".into());
        for relay in &self.relays {
            match tokio::time::timeout(PATIENCE, self.ask_at(nostr, relay, &client, &event, &id)).await {
                Ok(Ok(result)) => return Ok(result),
                Ok(Err(error)) => last = error,
                Err(_) => last = HubError::Remote("the signer did not answer".into()),
            }
        }
        Err(last)
    }

    async fn ask_at(
        &self,
        nostr: &Nostr,
        relay: &str,
        client: &Keys,
        event: &Event,
        id: &str,
    ) -> Result<String, HubError> {
        let remote = |e: crate::pool::PoolError| HubError::Remote(format!("the signer's relay: {e}"));
        let filter = Filter::default()
            .kinds([kind::NOSTR_CONNECT])
            .authors([self.signer])
            .tag('p', [client.public().to_string()])
            .since(Time::now().secs() - 10);
        let mut subscription = nostr.pool.subscribe(relay, vec![filter]).await.map_err(remote)?;
        let sent = nostr.pool.publish(relay, event, None).await.map_err(remote)?;
        if !sent.accepted {
            return Err(HubError::Remote(format!("the signer's relay: {}", sent.message)));
        }
        while let Some(told) = subscription.next().await {
            let Told::Event(json) = told else {
                if let Told::Closed(why) = told {
                    return Err(HubError::Remote(format!("the signer's relay: {why}")));
                }
                continue;
            };
            let Ok(answer) = Event::from_json(&json) else { continue };
            if answer.pubkey != self.signer {
                continue;
            }
            let Ok(text) = n44::decrypt(client, &self.signer, &answer.content) else { continue };
            let Ok(response) = serde_json::from_str::<Response>(&text) else { continue };
            if response.id != id {
                continue;
            }
            match (response.result, response.error.filter(|e| !e.is_empty())) {
                // The signer wants its owner to look at a page first, and answers again afterwards.
                (Some(result), Some(page)) if result == "auth_url" => {
                    tracing::info!(%page, "a member's signer asks for consent on a page");
                }
                (_, Some(error)) => return Err(HubError::Remote(format!("the signer says: {error}"))),
                (Some(result), None) => return Ok(result),
                (None, None) => return Err(HubError::Remote("the signer gave an empty answer".into())),
            }
        }
        Err(HubError::Remote("the connection to the signer's relay broke".into()))
    }
}

/// Has waiting events signed, until `stop`.
pub async fn run(nostr: Arc<Nostr>, mut stop: Stop) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => return,
        }
        let due = match nostr.hub.store().rows(waiting::due(Time::now().0, 20)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "what waits for signers could not be read");
                continue;
            }
        };
        let due: Vec<Unsigned> = due.into_iter().filter_map(|mut row| waiting::read(&mut row).ok()).collect();
        let work = due.into_iter().map(|it| one(&nostr, it));
        tokio::select! {
            _ = futures_util::future::join_all(work) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn one(nostr: &Nostr, it: Unsigned) {
    let (id, tries, at) = (it.id.clone(), it.tries, it.at);
    if let Err(error) = sign(nostr, it).await {
        tracing::info!(%id, %error, "an event still waits for its signer");
        let now = Time::now().0;
        let wait = 60_000 * (1 << tries.clamp(0, 6));
        let change = if now - at > GIVE_UP { waiting::forget(&id) } else { waiting::later(&id, now + wait) };
        if let Err(error) = nostr.hub.store().write(change).await {
            tracing::warn!(%error, "what waits for signers could not be noted");
        }
    }
}

async fn sign(nostr: &Nostr, it: Unsigned) -> Result<(), HubError> {
    let hub = &nostr.hub;
    let actor = Id(it.actor);
    let key = hub.key(actor, Network::Nostr, BUNKER).await?.ok_or(HubError::NotFound)?;
    let outside: Outside =
        serde_json::from_slice(&key.secret).map_err(|_| HubError::Damaged("the signer's address"))?;
    let template: Template =
        serde_json::from_str(&it.template).map_err(|_| HubError::Damaged("an unsigned event"))?;
    let unsigned = json!({
        "pubkey": key.public,
        "created_at": template.created_at,
        "kind": template.kind,
        "tags": template.tags,
        "content": template.content,
    });
    let answer = outside.ask(nostr, "sign_event", vec![unsigned.to_string()]).await?;
    let event =
        Event::from_json(&answer).map_err(|e| HubError::Remote(format!("the signer's event: {e}")))?;
    // The id covers key, time, kind, tags and content: it must be the one that was asked for.
    if event.id.to_string() != it.id || event.pubkey.to_string() != key.public {
        return Err(HubError::Remote("the signer signed something else".into()));
    }
    let relays: Vec<String> = serde_json::from_str(&it.relays).unwrap_or_default();
    let changes = vec![waiting::done(&it.id), waiting::revive_copy(&it.id, event.json.as_bytes())];
    let sent = Sent { actor, object: Id(it.object), act: &it.act };
    match send(nostr, hub, sent, &event, &relays, changes).await {
        // Deleted while the signer thought.
        Err(HubError::Conflict(_)) => Ok(()),
        other => other,
    }
}
