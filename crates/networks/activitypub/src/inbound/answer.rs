//! `Accept` and `Reject` (ActivityPub, 7.5 to 7.7): answers to our follows and to our requests to quote (FEP-044f);
//! and to our answers, likes and boosts where those need leave (GoToSocial's interaction controls); and
//! `QuoteRequest`, to which we answer.

use super::read::{Cx, Not, Read};
use crate::outbound::native;
use crate::translate::{self, policy::Interaction};
use crate::vocab::{Node, same_authority};
use bytes::Bytes;
use landbridge_hub::{CopyKind, Incoming, What};
use landbridge_model::Network;

/// What an answer is about.
enum Asked {
    Follow {
        follow: Option<String>,
        follower: Option<String>,
    },
    Quote {
        request: Option<String>,
        quoting: Option<String>,
    },
    /// Native ids of a member's answer, reaction or repost, and of what that is about.
    Interaction {
        interaction: Interaction,
        act: String,
    },
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
            Asked::Interaction { interaction, act } => {
                let paper = activity.id("result").ok_or(Not::Ignored("a yes without its proof"))?;
                let Some(target) = self.target_of(interaction, &act).await? else {
                    return Err(Not::Ignored("a yes to something that is here no more"));
                };
                if !self.ap.lets_through(self.hub, paper, interaction, &act, &target, self.actor).await? {
                    return Err(Not::Refused("a yes whose proof says something else"));
                }
                self.one(What::Approved { act, proof: Some(paper.to_owned()) })
            }
        }
    }

    pub(super) async fn reject(&self, activity: Node<'_>) -> Read {
        match self.asked(activity).await? {
            Asked::Follow { follow, follower } => self.one(What::FollowRejected { follow, follower }),
            Asked::Quote { request, quoting } => {
                self.one(What::QuoteAnswered { request, quoting, stamp: None })
            }
            Asked::Interaction { act, .. } => self.one(What::Approved { act, proof: None }),
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
        let kind = |id: &str| {
            let id = id.to_owned();
            async move { Ok::<_, Not>(self.hub.copy(Network::ActivityPub, &id).await?.map(|copy| copy.kind)) }
        };
        match kind(&id).await? {
            Some(CopyKind::QuoteRequest) => return Ok(Asked::Quote { request: Some(id), quoting: None }),
            Some(CopyKind::Reaction) => {
                return Ok(Asked::Interaction { interaction: Interaction::Like, act: id });
            }
            Some(CopyKind::Repost) => {
                return Ok(Asked::Interaction { interaction: Interaction::Announce, act: id });
            }
            _ => {}
        }
        // An answer may be named by itself or by the activity that brought it.
        let post = id.strip_suffix("/activity").unwrap_or(&id).to_owned();
        match kind(&post).await? {
            Some(CopyKind::Post) => Ok(Asked::Interaction { interaction: Interaction::Reply, act: post }),
            _ => Ok(Asked::Follow { follow: Some(id), follower: None }),
        }
    }

    /// The native id of what a member's answer, reaction or repost is about.
    async fn target_of(&self, interaction: Interaction, act: &str) -> Result<Option<String>, Not> {
        let Some(original) = self.hub.copy(Network::ActivityPub, act).await? else { return Ok(None) };
        let target = match interaction {
            Interaction::Like => self.hub.reaction(original.object).await?.map(|reaction| reaction.post),
            Interaction::Announce => self.hub.post(original.object).await?.repost_of,
            Interaction::Reply => self.hub.post(original.object).await?.reply_to,
        };
        let Some(target) = target else { return Ok(None) };
        Ok(native(self.hub, CopyKind::Post, target).await?)
    }

    /// Somebody asks for leave to answer, like or boost (GoToSocial's interaction controls). Posts here ask for no such
    /// leave, so it is taken as the act itself, where that is inside.
    pub(super) async fn requested(&self, activity: Node<'_>, kind: &str) -> Read {
        let inside = activity.object("instrument").filter(|inside| inside.has("type"));
        let inside = inside.ok_or(Not::Ignored("a request for leave that nobody asks for here"))?;
        match kind {
            "Create" => {
                let post = self.post(inside, Some(activity)).await?;
                Ok(vec![Incoming { id: None, ..self.incoming(What::Post(Box::new(post))) }])
            }
            _ if !inside.is(kind) || inside.id("actor") != Some(self.actor) => {
                Err(Not::Refused("a request for something else than its sender's act"))
            }
            _ => {
                let bytes = Bytes::from(inside.0.to_string());
                Box::pin(self.with(self.actor, inside, bytes).read(inside)).await
            }
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
