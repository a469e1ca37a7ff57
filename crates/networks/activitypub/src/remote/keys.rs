//! Public keys of others: cached parsed, read from what is stored, else fetched; fetched again once when a signature
//! does not match, since keys are changed.

use super::Missing;
use crate::ActivityPub;
use crate::signature::PublicKey;
use crate::translate::{Facts, web_url};
use crate::vocab::{Node, same_authority};
use landbridge_hub::Hub;
use landbridge_model::Network;
use std::sync::Arc;

/// A key and whose it is.
#[derive(Debug)]
pub(crate) struct SignerKey {
    /// Actor id.
    pub(crate) actor: String,
    pub(crate) key: PublicKey,
    /// Where their server takes deliveries.
    pub(crate) inbox: Option<String>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum KeyError {
    /// Nobody has this key, or it cannot be used.
    #[error("{0}")]
    Bad(&'static str),
    /// Its owner is gone.
    #[error("the owner of the key is gone")]
    Gone,
    /// Not to be had at the moment.
    #[error("the key cannot be fetched now: {0}")]
    Later(String),
}

impl From<Missing> for KeyError {
    fn from(missing: Missing) -> KeyError {
        match missing {
            Missing::Gone | Missing::NotThere => KeyError::Gone,
            Missing::Forbidden => KeyError::Later("its server does not show it".into()),
            Missing::NotActivity(why) => KeyError::Bad(why),
            Missing::Later(why) | Missing::Ours(why) => KeyError::Later(why),
        }
    }
}

impl ActivityPub {
    /// A key that is known without asking anybody. `actor`: who is said to have it, since not every id of a key names its
    /// owner.
    pub(crate) async fn known_key(&self, hub: &Hub, key_id: &str, actor: &str) -> Option<Arc<SignerKey>> {
        if let Some(Ok(key)) = self.keys.get(key_id) {
            return Some(key);
        }
        let owner = key_id.split('#').next().unwrap_or(key_id);
        let mut key = self.stored_key(hub, key_id, owner).await;
        if key.is_none() && owner != actor && same_authority(actor, key_id) {
            key = self.stored_key(hub, key_id, actor).await;
        }
        let key = Arc::new(key?);
        self.keys.insert(key_id.to_owned(), Ok(key.clone()));
        Some(key)
    }

    async fn stored_key(&self, hub: &Hub, key_id: &str, owner: &str) -> Option<SignerKey> {
        let presence = hub.presence_by_native(Network::ActivityPub, owner).await.ok()??;
        let facts: Facts = serde_json::from_value(presence.facts).ok()?;
        parse(&facts, key_id, owner).ok()
    }

    /// A key, asked for if need be. Many who need it at once ask once.
    pub(crate) async fn key(&self, hub: &Hub, key_id: &str, actor: &str) -> Result<Arc<SignerKey>, KeyError> {
        if let Some(key) = self.known_key(hub, key_id, actor).await {
            return Ok(key);
        }
        self.keys.try_get_with(key_id, async { self.fetch_key(hub, key_id).await.map(Arc::new) }).await
    }

    /// The key as it is now, for when a signature did not match. At most once in some minutes for each key.
    pub(crate) async fn fresh_key(&self, hub: &Hub, old: &SignerKey, key_id: &str) -> Option<Arc<SignerKey>> {
        if self.refreshed.get(key_id).is_some() {
            return None;
        }
        self.refreshed.insert(key_id.to_owned(), ());
        self.forget_actor(&old.actor);
        let key = Arc::new(self.fetch_key(hub, key_id).await.ok()?);
        self.keys.insert(key_id.to_owned(), Ok(key.clone()));
        // Kept, so that the next start does not begin with the old one.
        if let Ok(actor) = self.remote_actor(hub, &key.actor).await
            && matches!(hub.presence_by_native(Network::ActivityPub, &key.actor).await, Ok(Some(_)))
        {
            let _ = hub.receive(actor.incoming()).await;
        }
        Some(key)
    }

    async fn fetch_key(&self, hub: &Hub, key_id: &str) -> Result<SignerKey, KeyError> {
        let id = web_url(key_id).ok_or(KeyError::Bad("the key id is no URL"))?;
        let guess = id.split('#').next().unwrap_or(id);
        if id.contains('#') {
            // Nearly always: the actor's id with a fragment.
            match self.remote_actor(hub, guess).await {
                Ok(actor) => return parse(&actor.read.facts, key_id, actor.id()),
                Err(Missing::NotActivity(_)) => {}
                Err(missing) => return Err(missing.into()),
            }
        }
        // A document of its own, or a stub that names its owner.
        let (value, _, _) = self.get(hub, guess).await?;
        let node = Node(&value);
        let key = node.object("publicKey").unwrap_or(node);
        let owner = key.id("owner").or_else(|| key.id("controller")).or_else(|| node.own_id());
        let owner = owner
            .filter(|o| same_authority(o, id))
            .ok_or(KeyError::Bad("the key has no owner on its host"))?;
        let actor = self.remote_actor(hub, owner).await?;
        parse(&actor.read.facts, key_id, actor.id())
    }
}

/// The key that an actor lists under that id.
fn parse(facts: &Facts, key_id: &str, actor: &str) -> Result<SignerKey, KeyError> {
    let fact = facts
        .keys
        .iter()
        .find(|k| k.id == key_id)
        .ok_or(KeyError::Bad("the actor does not list this key"))?;
    let key = match fact.key.starts_with('z') {
        true => PublicKey::from_multibase(&fact.key),
        false => PublicKey::from_pem(&fact.key),
    };
    let key = key.map_err(|_| KeyError::Bad("the key cannot be read"))?;
    Ok(SignerKey { actor: actor.to_owned(), key, inbox: facts.delivery_inbox().map(str::to_owned) })
}
