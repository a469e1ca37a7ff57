//! Who asks: a signed request names its reader.

use super::Site;
use super::answer::No;
use crate::inbound::Denied;
use crate::signature::{Error, Request};
use http::{HeaderMap, Method, Uri};
use landbridge_hub::moderation::Rule;
use landbridge_model::{Id, Network, Post};
use std::time::SystemTime;

/// Somebody proved.
pub(super) struct Reader {
    /// `None`: nobody who is known here.
    id: Option<Id>,
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
        let host = signer.actor.split("://").nth(1).and_then(|r| r.split('/').next()).unwrap_or_default();
        if self.hub.domain_rule(host).await? == Some(Rule::Block) {
            return Err(No::NotFound);
        }
        let actor = self.hub.actor_by_native(Network::ActivityPub, &signer.actor).await?;
        Ok(Some(Reader { id: actor.map(|a| a.id), inbox: signer.inbox.clone() }))
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
