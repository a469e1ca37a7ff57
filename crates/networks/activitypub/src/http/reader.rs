//! Who asks: a signed request names its reader.

use super::Site;
use super::answer::No;
use crate::inbound::Denied;
use crate::signature::{Error, Request};
use http::{HeaderMap, Method, Uri};
use landbridge_hub::moderation::Rule;
use landbridge_model::{ActorState, Id, Network, Post};
use std::time::SystemTime;

/// Somebody proved.
pub(super) struct Reader {
    /// `None`: nobody who is known here.
    id: Option<Id>,
    /// Their id.
    pub(super) signer: String,
    /// Where a delete would have to go.
    inbox: Option<String>,
}

impl Site {
    /// The reader of a request: an error when it is badly signed, when nobody may ask unsigned, or when whoever asks
    /// is blocked.
    pub(super) async fn reader(&self, uri: &Uri, headers: &HeaderMap) -> Result<Option<Reader>, No> {
        let (scheme, authority) = self.urls.scheme_and_authority();
        let request = Request {
            method: &Method::GET,
            uri,
            headers,
            body: None,
            scheme,
            authority,
            now: SystemTime::now(),
        };
        let signer = match self.ap.verify(&self.hub, &request).await {
            Ok(signer) => signer,
            Err(Denied::Signature(Error::Missing)) if !self.ap.options.authorized_fetch => return Ok(None),
            Err(Denied::Later(why)) => return Err(No::Later(why)),
            Err(denied) => return Err(No::Unauthorized(denied.to_string())),
        };
        if self.hub.domain_rule(host_of(&signer.actor)).await? == Some(Rule::Block) {
            return Err(No::NotFound);
        }
        let actor = self.hub.actor_by_native(Network::ActivityPub, &signer.actor).await?;
        if actor.as_ref().is_some_and(|a| a.state == ActorState::Suspended) {
            return Err(No::NotFound);
        }
        Ok(Some(Reader {
            id: actor.map(|a| a.id),
            signer: signer.actor.clone(),
            inbox: signer.inbox.clone(),
        }))
    }

    /// The same for something of that member's, who may have blocked whoever asks, or their host.
    pub(super) async fn reader_of(
        &self,
        owner: Id,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Option<Reader>, No> {
        let reader = self.reader(uri, headers).await?;
        let Some(known) = &reader else { return Ok(None) };
        // Most requests are signed by a server and not by one of its people: the host is all there is to judge by.
        let host = host_of(&known.signer).to_ascii_lowercase();
        let covers = |domain: &String| {
            host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if self.hub.domain_blocks(owner).await?.iter().any(covers) {
            return Err(No::NotFound);
        }
        if let Some(id) = known.id {
            let relation = self.hub.relationship(owner, id).await?;
            if relation.blocking || relation.domain_blocking {
                return Err(No::NotFound);
            }
        }
        Ok(reader)
    }

    /// Lets a reader have a post, and remembers that their server has it now.
    pub(super) async fn show(&self, post: &Post, reader: Option<&Reader>) -> Result<(), No> {
        if !self.hub.may_read(post, reader.and_then(|r| r.id)).await? {
            return Err(No::NotFound);
        }
        if let Some(inbox) = reader.and_then(|r| r.inbox.as_deref()) {
            self.hub.note_fetcher(Network::ActivityPub, post.id, inbox).await?;
        }
        Ok(())
    }
}

/// Host and, if it is not the scheme's own, port.
fn host_of(id: &str) -> &str {
    id.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default()
}
