//! The hub's view of this network: [`Translator`].

use crate::outbound::Ox;
use crate::remote::{FetchedActor, Missing};
use crate::urls::Urls;
use crate::{ActivityPub, identity, translate};
use async_trait::async_trait;
use landbridge_hub::{
    Act, Delivery, Draft, Hub, HubError, Incoming, Joined, KeyImport, NewPresence, Outcome, Preview, Staged,
    Stop, Translator, Via, What,
};
use landbridge_model::{Acct, Actor, Network, Time, Visibility};
use std::sync::Arc;

#[async_trait]
impl Translator for ActivityPub {
    fn network(&self) -> Network {
        Network::ActivityPub
    }

    /// Keys cannot be brought along: on this network an identity is its URL, not its key.
    async fn join(&self, hub: &Hub, member: &Actor, _import: Option<KeyImport>) -> Result<Joined, HubError> {
        let made = tokio::task::spawn_blocking(|| {
            Ok::<_, crate::signature::Error>(vec![identity::rsa_key()?, identity::ed25519_key()?])
        });
        let keys = made.await.ok().and_then(Result::ok).ok_or(HubError::Damaged("keys could not be made"))?;
        let native_id = Urls::new(hub).actor(&member.username);
        Ok(Joined { presence: NewPresence { native_id, facts: serde_json::json!({}) }, keys })
    }

    async fn stage(&self, hub: &Hub, act: &Act) -> Result<Staged, HubError> {
        let urls = Urls::new(hub);
        Ox::new(self, hub, &urls, act).stage().await
    }

    async fn deliver(&self, hub: &Hub, delivery: &Delivery) -> Outcome {
        self.send(hub, delivery).await
    }

    async fn resolve(&self, hub: &Hub, text: &str) -> Result<Vec<Incoming>, HubError> {
        let text = text.trim();
        if let Some(url) = translate::web_url(text) {
            let found = self.fetch(hub, url).await?;
            if !found.is_empty() || Urls::new(hub).is_ours(url) {
                return Ok(found);
            }
            return match self.named_on_page(hub, url).await {
                Some(id) => self.fetch(hub, &id).await,
                None => Ok(found),
            };
        }
        let Ok(Acct { username, domain: Some(domain) }) = text.parse::<Acct>() else { return Ok(Vec::new()) };
        if domain == hub.config().account_domain || Urls::new(hub).is_ours(&format!("https://{domain}")) {
            return Ok(Vec::new());
        }
        match self.actor_at(hub, &username, &domain).await {
            Some(id) => self.fetch(hub, &id).await,
            None => Ok(Vec::new()),
        }
    }

    async fn fetch(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        if translate::web_url(native_id).is_none() || Urls::new(hub).is_ours(native_id) {
            return Ok(Vec::new());
        }
        // Most often asked for: an author who has just been looked up for their key.
        if let Some(actor) = self.known_actor(native_id) {
            return Ok(vec![actor.incoming()]);
        }
        match self.fetch_any(hub, native_id).await {
            Ok(found) => Ok(found),
            Err(Missing::Later(why) | Missing::Ours(why)) => Err(HubError::Remote(why)),
            Err(missing) => {
                tracing::debug!(id = native_id, why = %missing, "nothing to fetch");
                Ok(Vec::new())
            }
        }
    }

    async fn has_address(&self, hub: &Hub, name: &str, domain: &str, native_id: &str) -> bool {
        self.confirms(hub, name, domain, native_id).await
    }

    async fn forget(&self, native_id: &str) {
        self.forget_actor(native_id);
        self.misses.remove(native_id);
    }

    async fn thread(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        Ok(self.conversation(hub, native_id).await)
    }

    async fn recent(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        Ok(self.latest(hub, native_id).await)
    }

    fn carries(&self, _visibility: Visibility) -> bool {
        true
    }

    fn asks_to_quote(&self) -> bool {
        true
    }

    fn reuses_ids(&self) -> bool {
        true
    }

    fn asks_to_follow(&self) -> bool {
        true
    }

    fn preview(&self, draft: &Draft) -> Preview {
        let mut notes = Vec::new();
        if draft.poll.as_ref().is_some_and(|poll| poll.hide_totals) {
            notes.push("Everybody sees how the vote stands, also before its end.".to_owned());
        }
        if draft.languages.len() > 1 {
            notes.push("Only the first of its languages is told.".to_owned());
        }
        Preview { notes }
    }

    async fn run(self: Arc<Self>, hub: Hub, mut stop: Stop) {
        // So that the first who writes to a new server need not wait while its key is made.
        if let Err(error) = self.instance(&hub).await {
            tracing::warn!(%error, "the key of the server's own actor cannot be read");
        }
        // Everything else is driven by requests and the outbox.
        while !*stop.borrow() && stop.changed().await.is_ok() {}
    }
}

impl ActivityPub {
    fn known_actor(&self, id: &str) -> Option<Arc<FetchedActor>> {
        self.actors.get(id)?.ok()
    }

    /// An actor or a post, whichever is there; of a `Create` the post inside, from where it is at home.
    async fn fetch_any(&self, hub: &Hub, id: &str) -> Result<Vec<Incoming>, Missing> {
        let mut document = self.document(hub, id).await?;
        if document.node().is_any(&["Create", "Update", "Announce"]) {
            let inner = document.node().id("object").and_then(translate::web_url).map(str::to_owned);
            document =
                self.document(hub, &inner.ok_or(Missing::NotActivity("an activity about nothing"))?).await?;
        }
        if document.node().is_any(crate::vocab::ACTOR_TYPES) {
            let id = document.id.clone();
            let actor = self.read_actor(hub, document).await?;
            self.actors.insert(id, Ok(actor.clone()));
            return Ok(vec![actor.incoming()]);
        }
        let read = translate::post(document.node(), Time::now())
            .ok_or(Missing::NotActivity("neither actor nor post"))?;
        let post = self.with_stamp(hub, read).await;
        Ok(vec![fetched(post, document.bytes)])
    }
}

/// A post that was asked for.
pub(crate) fn fetched(post: landbridge_hub::InPost, bytes: bytes::Bytes) -> Incoming {
    Incoming {
        network: Network::ActivityPub,
        actor: post.author.clone(),
        id: None,
        at: post.published,
        via: Via::Fetched,
        original: bytes,
        what: What::Post(Box::new(post)),
    }
}
