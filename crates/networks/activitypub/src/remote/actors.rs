//! Fetching actors: the document, and the address that its hosts agree on.

use super::{Document, Missing};
use crate::ActivityPub;
use crate::translate::{self, ReadActor};
use bytes::Bytes;
use landbridge_hub::{Hub, Incoming, Via, What};
use landbridge_model::{Network, Time};
use std::sync::Arc;

/// Somebody as their server shows them, with a verified address.
#[derive(Clone, Debug)]
pub(crate) struct FetchedActor {
    pub(crate) read: ReadActor,
    bytes: Bytes,
}

impl FetchedActor {
    pub(crate) fn id(&self) -> &str {
        &self.read.actor.native_id
    }

    pub(crate) fn incoming(&self) -> Incoming {
        Incoming {
            network: Network::ActivityPub,
            actor: self.id().to_owned(),
            id: None,
            at: Time::now(),
            via: Via::Fetched,
            original: self.bytes.clone(),
            what: What::Profile(Box::new(self.read.actor.clone())),
        }
    }
}

impl ActivityPub {
    /// Somebody by id. Remembered for some minutes, and so is that somebody cannot be had.
    pub(crate) async fn remote_actor(&self, hub: &Hub, id: &str) -> Result<Arc<FetchedActor>, Missing> {
        if self.misses.get(id).is_some() {
            return Err(Missing::Later("it could not be had a moment ago".into()));
        }
        let fetch = async {
            let document = self.document(hub, id).await?;
            self.read_actor(hub, document).await
        };
        let found = self.actors.try_get_with(id, fetch).await;
        if found.as_ref().is_err_and(|missing| !matches!(missing, Missing::Gone | Missing::NotThere)) {
            self.misses.insert(id.to_owned(), ());
        }
        found
    }

    /// Forgets what is remembered, so that the next look-up asks again.
    pub(crate) fn forget_actor(&self, id: &str) {
        self.actors.remove(id);
    }

    /// Forgets that somebody could not be had, so that the next look-up asks again.
    pub(crate) fn forget_miss(&self, id: &str) {
        self.misses.remove(id);
    }

    /// An actor document that was just fetched.
    pub(crate) async fn read_actor(
        &self,
        hub: &Hub,
        document: Document,
    ) -> Result<Arc<FetchedActor>, Missing> {
        let mut read = translate::actor(document.node()).ok_or(Missing::NotActivity("not an actor"))?;
        self.verify_address(hub, &mut read).await;
        Ok(Arc::new(FetchedActor { read, bytes: document.bytes }))
    }

    /// Replaces the host of the id by the host of the address, where WebFinger confirms it on both sides.
    pub(crate) async fn verify_address(&self, hub: &Hub, read: &mut ReadActor) {
        let id = read.actor.native_id.clone();
        let host = read.actor.domain.clone();
        let claim = read.webfinger.as_deref().and_then(|w| w.split_once('@'));
        let claim = claim.map(|(name, domain)| (name.to_owned(), domain.to_ascii_lowercase()));
        let elsewhere = claim.filter(|(name, domain)| *domain != host || *name != read.actor.username);
        if elsewhere.is_none() && self.unsplit.get(&host).is_some() {
            return;
        }
        if let Some((name, domain)) = elsewhere
            && self.confirms(hub, &name, &domain, &id).await
        {
            (read.actor.username, read.actor.domain) = (name, domain);
            return;
        }
        let Some(found) = self.webfinger(hub, &read.actor.username, &host).await else { return };
        let Some((name, domain)) = found.subject.filter(|_| found.actor == id) else { return };
        if domain == host {
            self.unsplit.insert(host, ());
        } else if self.confirms(hub, &name, &domain, &id).await {
            (read.actor.username, read.actor.domain) = (name, domain);
        }
    }

    /// Whether WebFinger gives that address to that actor.
    pub(crate) async fn confirms(&self, hub: &Hub, name: &str, domain: &str, id: &str) -> bool {
        self.webfinger(hub, name, domain).await.is_some_and(|found| found.actor == id)
    }
}
