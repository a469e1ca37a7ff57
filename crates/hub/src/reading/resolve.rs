//! Looking up whatever somebody pasted: an address, a URL, an npub, a nevent, a NIP-05 name.

use crate::{CopyKind, Hub, HubError};
use landbridge_model::{Acct, Actor, Id, Network};
use url::Url;

/// What a pasted text names.
#[allow(clippy::large_enum_variant, reason = "lives for one lookup")]
pub(crate) enum Resolved {
    Actor(Actor),
    Post(Id),
}

/// What the networks said that a text names: somebody or a post, by id.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Actor(Id),
    Post(Id),
}

impl Hub {
    /// Somebody by whatever names them; asks the networks when not known here.
    pub async fn find_actor(&self, text: &str) -> Result<Option<Actor>, HubError> {
        Ok(match self.resolve(text).await? {
            Some(Resolved::Actor(actor)) => Some(actor),
            _ => None,
        })
    }

    /// As known here, else as the networks say.
    pub(crate) async fn resolve(&self, text: &str) -> Result<Option<Resolved>, HubError> {
        if let Some(known) = self.known(text).await? {
            return Ok(Some(known));
        }
        if self.is_ours(text) {
            return Ok(None);
        }
        // One look-up for all who ask at once, or soon after: apps ask at each key press, and for people and posts apart.
        match self.reading().looked_up.get_with_async(text, self.look_up(text)).await {
            Some(Named::Actor(id)) => Ok(self.actors(&[id]).await?.pop().map(Resolved::Actor)),
            Some(Named::Post(id)) => Ok(Some(Resolved::Post(id))),
            None => Ok(None),
        }
    }

    /// As the networks say, one after the other.
    async fn look_up(&self, text: &str) -> Option<Named> {
        for translator in self.translators() {
            let fetched = match translator.resolve(self, text).await {
                Ok(fetched) => fetched,
                Err(why) => {
                    tracing::debug!(network = %translator.network(), %why, "look-up failed");
                    continue;
                }
            };
            let Some((network, native_id)) = self.take_in(fetched).await.pop() else { continue };
            match self.native(network, &native_id).await {
                Ok(Some(Resolved::Actor(actor))) => return Some(Named::Actor(actor.id)),
                Ok(Some(Resolved::Post(id))) => return Some(Named::Post(id)),
                Ok(None) => {}
                Err(why) => tracing::warn!(%network, %why, "what was looked up is unknown"),
            }
        }
        None
    }

    /// Without asking anybody.
    pub(crate) async fn known(&self, text: &str) -> Result<Option<Resolved>, HubError> {
        if let Ok(url) = Url::parse(text)
            && matches!(url.scheme(), "https" | "http")
        {
            return match self.ours(&url).await? {
                Some(found) => Ok(Some(found)),
                None => self.native(Network::ActivityPub, text).await,
            };
        }
        let Ok(mut acct) = text.parse::<Acct>() else { return Ok(None) };
        if acct.domain.as_deref().is_some_and(|d| self.is_our_domain(d)) {
            acct.domain = None;
        }
        Ok(self.actor_by_acct(&acct).await?.map(Resolved::Actor))
    }

    /// A thing by its native id.
    async fn native(&self, network: Network, native_id: &str) -> Result<Option<Resolved>, HubError> {
        if let Some(copy) = self.copy(network, native_id).await?
            && matches!(copy.kind, CopyKind::Post | CopyKind::Repost)
        {
            return Ok(Some(Resolved::Post(copy.object)));
        }
        Ok(self.actor_by_native(network, native_id).await?.map(Resolved::Actor))
    }

    /// A page of ours: `/@name`, `/@name/id`.
    async fn ours(&self, url: &Url) -> Result<Option<Resolved>, HubError> {
        if url.origin() != self.config().origin.origin() {
            return Ok(None);
        }
        let mut path = url.path().trim_matches('/').split('/');
        let Some(name) = path.next().and_then(|name| name.strip_prefix('@')) else { return Ok(None) };
        match (path.next(), path.next()) {
            (None, _) => {
                let Ok(acct) = name.parse::<Acct>() else { return Ok(None) };
                Ok(self.actor_by_acct(&acct).await?.map(Resolved::Actor))
            }
            (Some(id), None) => match id.parse() {
                Ok(id) => Ok(self.posts(&[id]).await?.pop().map(|post| Resolved::Post(post.id))),
                Err(_) => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// Names something of ours: nobody else needs to be asked.
    fn is_ours(&self, text: &str) -> bool {
        if let Ok(url) = Url::parse(text) {
            return url.origin() == self.config().origin.origin();
        }
        match text.parse::<Acct>() {
            // A bare word is a member's name or nobody's; longer ones may be keys, dotted ones NIP-05 names.
            Ok(acct) => match &acct.domain {
                Some(domain) => self.is_our_domain(domain),
                None => acct.username.len() < 40 && !acct.username.contains('.'),
            },
            Err(_) => false,
        }
    }

    fn is_our_domain(&self, domain: &str) -> bool {
        let origin = &self.config().origin;
        let host = match (origin.host_str(), origin.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return false,
        };
        domain.eq_ignore_ascii_case(&self.config().account_domain) || domain.eq_ignore_ascii_case(&host)
    }
}
