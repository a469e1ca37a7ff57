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
use tokio::sync::Notify;

/// How long a signer may think: its owner may have to look at a telephone.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long its owner may take once it has shown a page to be opened first.
const AT_PAGE: Duration = Duration::from_secs(5 * 60);
/// Kinds that members' acts become, and the encryption that lists need.
const KINDS: [u16; 13] = [0, 1, 3, 5, 6, 7, 16, 62, 1018, 1068, 1111, 1984, 10_002];

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

/// Who is told of a page that a signer wants its owner to open.
type Tell<'a> = dyn Fn(String) + Send + Sync + 'a;

/// A request on its way.
struct Question<'a> {
    client: &'a Keys,
    event: Event,
    id: String,
    /// `None`: a page is the answer.
    page: Option<&'a Tell<'a>>,
    /// Rings when a page was told of.
    at_page: Notify,
}

impl Question<'_> {
    /// Ends when the signer has had its time: more of it once its owner has a page to open.
    async fn out_of_time(&self) {
        tokio::select! {
            () = tokio::time::sleep(PATIENCE) => {}
            () = self.at_page.notified() => tokio::time::sleep(AT_PAGE).await,
        }
    }

    /// The answer, unless it is a page that somebody else is told of: then another follows, with the same id.
    fn settle(&self, answer: Result<String, AskError>) -> Option<Result<String, AskError>> {
        match (answer, self.page) {
            (Err(AskError::Page(page)), Some(tell)) => {
                tell(page);
                self.at_page.notify_one();
                None
            }
            (answer, _) => Some(answer),
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

    /// Asks on all of its relays at once, and waits for the first answer. A page to be opened first is one: whoever asks
    /// is there to open it, and to ask again.
    pub async fn ask(&self, nostr: &Nostr, method: &str, params: Vec<String>) -> Result<String, AskError> {
        self.ask_telling(nostr, method, params, None).await
    }

    /// The same, for somebody who is not there: of a page they are told, and what follows it is waited for (NIP-46, "Auth
    /// Challenges").
    pub async fn ask_through_pages(
        &self,
        nostr: &Nostr,
        method: &str,
        params: Vec<String>,
        tell: &Tell<'_>,
    ) -> Result<String, AskError> {
        self.ask_telling(nostr, method, params, Some(tell)).await
    }

    async fn ask_telling(
        &self,
        nostr: &Nostr,
        method: &str,
        params: Vec<String>,
        page: Option<&Tell<'_>>,
    ) -> Result<String, AskError> {
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
        let question = Question { client: &client, event, id, page, at_page: Notify::new() };
        type Asking<'a> =
            Pin<Box<dyn Future<Output = Result<Result<String, AskError>, HubError>> + Send + 'a>>;
        let at = |relay| -> Asking<'_> {
            match relay == nostr.relay_url() {
                true => self.ask_here(nostr, &question).boxed(),
                false => self.ask_at(nostr, relay, &question).boxed(),
            }
        };
        let asked: Vec<Asking<'_>> = self.relays.iter().map(String::as_str).map(at).collect();
        if asked.is_empty() {
            return Err(AskError::Later(HubError::Damaged("the signer's address")));
        }
        tokio::select! {
            answer = select_ok(asked) => answer.map_err(AskError::Later)?.0,
            () = question.out_of_time() => {
                Err(AskError::Later(HubError::Remote("the signer did not answer".into())))
            }
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
        question: &Question<'_>,
    ) -> Result<Result<String, AskError>, HubError> {
        let relay = nostr.relay().await?;
        let mut ear = relay.listen_for(question.client.public());
        relay.pass_on(&question.event);
        while let Some(answer) = ear.next().await {
            if let Some(result) = self.answer_in(question, &answer) {
                return Ok(result);
            }
        }
        Err(HubError::Remote("the relay has ended".into()))
    }

    async fn ask_at(
        &self,
        nostr: &Nostr,
        relay: &str,
        question: &Question<'_>,
    ) -> Result<Result<String, AskError>, HubError> {
        let remote = |e: crate::pool::PoolError| HubError::Remote(format!("the signer's relay: {e}"));
        let filter = Filter::default()
            .kinds([kind::NOSTR_CONNECT])
            .authors([self.signer])
            .tag('p', [question.client.public().to_string()])
            .since(Time::now().secs() - 10);
        let mut subscription = nostr.pool.subscribe(relay, vec![filter]).await.map_err(remote)?;
        let sent = nostr.pool.publish(relay, &question.event, None).await.map_err(remote)?;
        if !sent.accepted {
            return Err(HubError::Remote(format!("the signer's relay: {}", sent.message)));
        }
        while let Some(told) = subscription.next().await {
            match told {
                Told::Event(json) => {
                    if let Ok(answer) = Event::from_json(&json)
                        && let Some(result) = self.answer_in(question, &answer)
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
    fn answer_in(&self, question: &Question<'_>, event: &Event) -> Option<Result<String, AskError>> {
        if event.pubkey != self.signer || event.kind != kind::NOSTR_CONNECT {
            return None;
        }
        let text = n44::decrypt(question.client, &self.signer, &event.content).ok()?;
        let response = serde_json::from_str::<Response>(&text).ok().filter(|r| r.id == question.id)?;
        question.settle(match (response.result, response.error.filter(|e| !e.is_empty())) {
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
