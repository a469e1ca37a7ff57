//! `Accept` and `Reject` (ActivityPub, 7.5 to 7.7): answers to our follows and to our requests to quote (FEP-044f);
//! and `QuoteRequest`, to which we answer.

use super::read::{Cx, Not, Read};
use crate::translate;
use crate::vocab::{Node, same_authority};
use landbridge_hub::{CopyKind, What};
use landbridge_model::Network;

/// What an answer is about.
enum Asked {
    Follow { follow: Option<String>, follower: Option<String> },
    Quote { request: Option<String>, quoting: Option<String> },
}

impl Cx<'_> {
    pub(super) async fn accept(&self, activity: Node<'_>) -> Read {
        match self.asked(activity).await? {
            Asked::Follow { follow, follower } => self.one(What::FollowAccepted { follow, follower }),
            Asked::Quote { request, quoting } => {
                let stamp = activity.id("result").filter(|stamp| same_authority(stamp, self.actor));
                let stamp = stamp.ok_or(Not::Refused("leave to quote without its proof"))?;
                self.one(What::QuoteAnswered { request, quoting, stamp: Some(stamp.to_owned()) })
            }
        }
    }

    pub(super) async fn reject(&self, activity: Node<'_>) -> Read {
        match self.asked(activity).await? {
            Asked::Follow { follow, follower } => self.one(What::FollowRejected { follow, follower }),
            Asked::Quote { request, quoting } => {
                self.one(What::QuoteAnswered { request, quoting, stamp: None })
            }
        }
    }

    /// The object may be whole or only an id, and the id may be one that the other side made up.
    async fn asked(&self, activity: Node<'_>) -> Result<Asked, Not> {
        let id = activity.id("object").map(str::to_owned);
        let object = activity.object("object");
        if object.is_some_and(|o| o.is("QuoteRequest")) {
            let quoting = object.and_then(|o| o.id("instrument")).map(str::to_owned);
            return Ok(Asked::Quote { request: id, quoting });
        }
        let follower = object.filter(|o| o.is("Follow")).and_then(|o| o.id("actor"));
        let follower = follower.filter(|f| self.urls.is_ours(f)).map(str::to_owned);
        if follower.is_some() {
            return Ok(Asked::Follow { follow: id, follower });
        }
        let id = id.filter(|id| self.urls.is_ours(id)).ok_or(Not::Ignored("an answer to nothing of ours"))?;
        match self.hub.copy(Network::ActivityPub, &id).await?.map(|copy| copy.kind) {
            Some(CopyKind::QuoteRequest) => Ok(Asked::Quote { request: Some(id), quoting: None }),
            _ => Ok(Asked::Follow { follow: Some(id), follower: None }),
        }
    }

    /// Somebody asks for leave to quote a post of ours.
    pub(super) fn quote_request(&self, activity: Node<'_>) -> Read {
        let quoted = self.object(activity)?.to_owned();
        let quoting = activity.id("instrument").ok_or(Not::Refused("a request to quote in nothing"))?;
        if !self.urls.is_ours(&quoted) {
            return Err(Not::Ignored("a request to quote that is not ours to answer"));
        }
        if !same_authority(quoting, self.actor) {
            return Err(Not::Refused("a request to quote in somebody else's post"));
        }
        let inline = activity.object("instrument").and_then(|post| translate::post(post, self.now));
        let post = inline
            .filter(|read| read.authors.iter().any(|a| a == self.actor))
            .map(|read| Box::new(read.post));
        self.one(What::QuoteRequest { quoted, quoting: quoting.to_owned(), post })
    }
}
