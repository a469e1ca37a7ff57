//! A member's own signer (NIP-46), reached by its `bunker://` link or found by ours ([`super::offer`]): how to ask it, and
//! what it may answer.

use super::{Request, Response, SignerLink};
use crate::{
    event::{Event, Hex32, Keys, Template, kind},
    network::Nostr,
    nips::n44,
    pool::Told,
    wire::Filter,
};
use futures_util::{FutureExt, future::select_ok};
use landbridge_hub::HubError;
use landbridge_model::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{future::Future, pin::Pin, time::Duration};

/// How long a signer may think: its owner may have to look at a telephone.
const PATIENCE: Duration = Duration::from_secs(60);
/// Kinds that members' acts become, and the encryption that lists need.
const KINDS: [u16; 12] = [0, 1, 3, 5, 6, 7, 16, 62, 1018, 1068, 1111, 10_002];

/// How to reach a member's signer. Kept sealed, as a key.
#[derive(Clone, Serialize, Deserialize)]
pub struct Outside {
    /// The signer's own key; the member's may be another.
    pub signer: Hex32,
    pub relays: Vec<String>,
    /// Our key towards the signer, hex.
    pub client: String,
}

/// Why a signer did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It said no, in these words: asking again would only be another prompt for its owner.
    #[error("the signer says: {0}")]
    Refused(String),
    /// It wants its owner to open this page first.
    #[error("the signer wants you to open {0} first; then please try again")]
    Page(String),
    #[error(transparent)]
    Later(HubError),
}

impl From<AskError> for HubError {
    fn from(error: AskError) -> HubError {
        match error {
            AskError::Later(error) => error,
            other => HubError::Remote(other.to_string()),
        }
    }
}

/// What we want to be allowed to ask for, as signers write it.
pub(super) fn permissions() -> String {
    let perms: Vec<String> = KINDS.iter().map(|k| format!("sign_event:{k}")).collect();
    perms.join(",")
}

/// Connects by a `bunker://` link; gives the member's key. Nothing is stored here.
pub async fn connect(nostr: &Nostr, link: &str) -> Result<(Outside, Hex32), HubError> {
    let wrong = || HubError::invalid("this is no link of a signer (bunker://)");
    let SignerLink { signer, relays, secret } = SignerLink::parse(link).ok_or_else(wrong)?;
    // Links work once, but a signer may want its owner to look at a page in between: the same link, the same client.
    let client = nostr.clients.get_with(link, || hex::encode(Keys::generate().secret()));
    let outside = Outside { signer, relays, client };
    let config = nostr.hub.config();
    let about = json!({ "name": config.title, "url": config.url("/") }).to_string();
    let params = vec![signer.to_string(), secret.clone(), permissions(), about];
    let answer = outside.ask(nostr, "connect", params).await?;
    if answer != "ack" && answer != secret {
        return Err(HubError::Remote("the signer gave a strange answer to the greeting".into()));
    }
    let key = outside.member_key(nostr).await?;
    Ok((outside, key))
}

impl Outside {
    /// Whose signer it is: not always the signer's own key.
    pub async fn member_key(&self, nostr: &Nostr) -> Result<Hex32, HubError> {
        let key = self.ask(nostr, "get_public_key", Vec::new()).await?;
        key.parse().map_err(|_| HubError::Remote("the signer gave no public key".into()))
    }

    /// Asks on all of its relays at once, and waits for the first answer.
    pub async fn ask(&self, nostr: &Nostr, method: &str, params: Vec<String>) -> Result<String, AskError> {
        let client = self.client()?;
        let id = hex::encode(crate::event::random::<8>());
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        let text =
            serde_json::to_string(&request).map_err(|_| AskError::Later(HubError::Damaged("a request")))?;
        let content = n44::encrypt(&client, &self.signer, &text)
            .map_err(|_| AskError::Later(HubError::invalid("the signer's key is not valid")))?;
        let template = Template {
            created_at: Time::now().secs(),
            kind: kind::NOSTR_CONNECT,
            tags: vec![vec!["p".into(), self.signer.to_string()]],
            content,
        };
        let event = client.sign(template);
        type Asking<'a> =
            Pin<Box<dyn Future<Output = Result<Result<String, AskError>, HubError>> + Send + 'a>>;
        let at = |relay: &String| -> Asking<'_> {
            match *relay == nostr.relay_url() {
                true => self.ask_here(nostr, &client, event.clone(), &id).boxed(),
                false => self.ask_at(nostr, relay.clone(), &client, event.clone(), &id).boxed(),
            }
        };
        let asked: Vec<Asking<'_>> = self.relays.iter().map(at).collect();
        if asked.is_empty() {
            return Err(AskError::Later(HubError::Damaged("the signer's address")));
        }
        match tokio::time::timeout(PATIENCE, select_ok(asked)).await {
            Ok(Ok((answer, _))) => answer,
            Ok(Err(error)) => Err(AskError::Later(error)),
            Err(_) => Err(AskError::Later(HubError::Remote("the signer did not answer".into()))),
        }
    }

    pub(super) fn client(&self) -> Result<Keys, AskError> {
        let secret = hex::decode(&self.client).unwrap_or_default();
        Keys::from_secret(&secret).map_err(|_| AskError::Later(HubError::Damaged("the key towards a signer")))
    }

    /// On our own relay, where the signer listens.
    async fn ask_here(
        &self,
        nostr: &Nostr,
        client: &Keys,
        event: Event,
        id: &str,
    ) -> Result<Result<String, AskError>, HubError> {
        let relay = nostr.relay().await?;
        let mut ear = relay.listen_for(client.public());
        relay.pass_on(&event);
        while let Some(answer) = ear.next().await {
            if let Some(result) = self.answer_in(client, &answer, id) {
                return Ok(result);
            }
        }
        Err(HubError::Remote("the relay has ended".into()))
    }

    async fn ask_at(
        &self,
        nostr: &Nostr,
        relay: String,
        client: &Keys,
        event: Event,
        id: &str,
    ) -> Result<Result<String, AskError>, HubError> {
        let remote = |e: crate::pool::PoolError| HubError::Remote(format!("the signer's relay: {e}"));
        let filter = Filter::default()
            .kinds([kind::NOSTR_CONNECT])
            .authors([self.signer])
            .tag('p', [client.public().to_string()])
            .since(Time::now().secs() - 10);
        let mut subscription = nostr.pool.subscribe(&relay, vec![filter]).await.map_err(remote)?;
        let sent = nostr.pool.publish(&relay, &event, None).await.map_err(remote)?;
        if !sent.accepted {
            return Err(HubError::Remote(format!("the signer's relay: {}", sent.message)));
        }
        while let Some(told) = subscription.next().await {
            match told {
                Told::Event(json) => {
                    if let Ok(answer) = Event::from_json(&json)
                        && let Some(result) = self.answer_in(client, &answer, id)
                    {
                        return Ok(result);
                    }
                }
                Told::UpToDate => {}
                Told::Closed(why) => return Err(HubError::Remote(format!("the signer's relay: {why}"))),
            }
        }
        Err(HubError::Remote("the connection to the signer's relay broke".into()))
    }

    /// The answer to a request, if this event is that: from the signer, to us, about that request.
    fn answer_in(&self, client: &Keys, event: &Event, id: &str) -> Option<Result<String, AskError>> {
        if event.pubkey != self.signer || event.kind != kind::NOSTR_CONNECT {
            return None;
        }
        let text = n44::decrypt(client, &self.signer, &event.content).ok()?;
        let response = serde_json::from_str::<Response>(&text).ok().filter(|r| r.id == id)?;
        Some(match (response.result, response.error.filter(|e| !e.is_empty())) {
            (Some(result), Some(page)) if result == "auth_url" => match is_page(&page) {
                true => Err(AskError::Page(page)),
                false => Err(AskError::Refused("it wants a page to be opened, which is none".into())),
            },
            (_, Some(error)) => {
                let error: String = error.chars().filter(|c| !c.is_control()).take(200).collect();
                Err(AskError::Refused(error))
            }
            (Some(result), None) => Ok(result),
            (None, None) => Err(AskError::Refused("nothing".into())),
        })
    }
}

/// Whether a member can be sent there.
fn is_page(link: &str) -> bool {
    link.len() < 2_000
        && url::Url::parse(link)
            .is_ok_and(|u| matches!(u.scheme(), "https" | "http") && u.host_str().is_some())
}
