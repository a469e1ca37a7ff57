//! `Announce` (ActivityPub, 7.11): of a post a repost; of an activity, by a group, a relay of it (FEP-1b12). What is
//! relayed is believed only after its own host confirms it, or by its proof.

use super::read::{Cx, Not, Read};
use crate::remote::Missing;
use crate::translate::{self, Facts, policy::Interaction, web_url};
use crate::vocab::{ACTOR_TYPES, Node, same_authority, visibility};
use bytes::Bytes;
use landbridge_hub::{CopyKind, HubError, Incoming, Undone, Via, What};
use landbridge_model::{ActorKind, Id, Network, Visibility};
use landbridge_store::entities::follows;

const RELAYED: &[&str] = &["Create", "Update", "Delete", "Like", "Dislike", "EmojiReact", "Undo"];
const REACTIONS: &[&str] = &["Like", "Dislike", "EmojiReact"];
/// What a group passes on for other servers with a moderation of their own. Nothing is asked for because of it.
const UNHEARD: &[&str] = &["Add", "Remove", "Block", "Lock", "Flag", "Follow", "Accept", "Reject", "Move"];

impl Cx<'_> {
    pub(super) async fn announce(&self, activity: Node<'_>) -> Read {
        if let Some(inner) = activity.object("object").filter(|o| is_activity(*o)) {
            return self.relayed(inner, activity).await;
        }
        let target = web_url(self.object(activity)?).ok_or(Not::Refused("an announce of no URL"))?;
        let wide = visibility(activity, None);
        if self.hub.copy(Network::ActivityPub, target).await?.is_none() && self.is_group().await? {
            // A group may announce an activity by its id alone.
            let document = self.ap.document(self.hub, target).await?;
            if is_activity(document.node()) {
                return self.relayed(document.node(), activity).await;
            }
        }
        let shared = Interaction::Announce;
        if !self.ap.is_let_through(self.hub, shared, activity, self.actor, target).await? {
            return Err(Not::Ignored("a boost that the author of the post has not let through"));
        }
        self.one(What::Repost { target: target.to_owned(), visibility: wide })
    }

    async fn is_group(&self) -> Result<bool, Not> {
        let presence = self.hub.presence_by_native(Network::ActivityPub, self.actor).await?;
        let facts: Option<Facts> = presence.and_then(|p| serde_json::from_value(p.facts).ok());
        Ok(facts.is_some_and(|f| f.kind == ActorKind::Group))
    }

    async fn relayed(&self, inner: Node<'_>, announce: Node<'_>) -> Read {
        let undone = inner.object("object").filter(|o| inner.is("Undo") && o.has("type"));
        if inner.is_any(UNHEARD) || undone.is_some_and(|undone| !undone.is_any(REACTIONS)) {
            return Err(Not::Ignored("a relay of what has no effect here"));
        }
        let target = inner.id("object").and_then(web_url).ok_or(Not::Refused("a relay of nothing"))?;
        if self.urls.is_ours(target) && inner.is_any(&["Create", "Update"]) {
            return Err(Not::Ignored("a relay of our own post"));
        }
        if inner.is("Delete") {
            return self.taken_out(target).await;
        }
        if inner.is("Update") && target == self.actor {
            // Somebody has changed the group itself.
            self.ap.forget_actor(target);
            return Ok(vec![self.ap.remote_actor(self.hub, target).await?.incoming()]);
        }
        if inner.object("object").is_some_and(|o| o.is_any(ACTOR_TYPES)) {
            return Err(Not::Ignored("a relay of somebody's profile"));
        }
        if inner.is_any(&["Create", "Update"]) {
            let mut read = self.confirmed_post(target, inner.is("Update")).await?;
            if inner.is("Create") {
                let beside = self.beside(read.first(), announce).await?;
                read.extend(beside);
            }
            return Ok(read);
        }
        // Each would cost a request; what is about nothing here is not worth it.
        let about =
            if inner.is("Undo") { inner.object("object").and_then(|o| o.id("object")) } else { Some(target) };
        let known = match about {
            Some(about) => self.hub.copy(Network::ActivityPub, about).await?.is_some(),
            None => true,
        };
        if !known {
            return Err(Not::Ignored("a relayed reaction to a post that is not here"));
        }
        self.relayed_reaction(inner).await
    }

    /// What a new post is by being passed on: a repost by the group. An answer is none; it belongs to its thread, and is kept
    /// as if asked for where that is here and somebody follows the group.
    async fn beside(&self, post: Option<&Incoming>, announce: Node<'_>) -> Result<Option<Incoming>, Not> {
        let Some((incoming, What::Post(post))) = post.map(|incoming| (incoming, &incoming.what)) else {
            return Ok(None);
        };
        let Some(parent) = &post.reply_to else {
            let visibility = visibility(announce, None).min(Visibility::Unlisted);
            let target = post.native_id.clone();
            return Ok(Some(self.incoming(What::Repost { target, visibility })));
        };
        let in_thread = self.hub.copy(Network::ActivityPub, parent).await?.is_some();
        let kept = in_thread && self.is_followed().await?;
        Ok(kept.then(|| Incoming { via: Via::Fetched, ..incoming.clone() }))
    }

    async fn is_followed(&self) -> Result<bool, Not> {
        let Some(presence) = self.hub.presence_by_native(Network::ActivityPub, self.actor).await? else {
            return Ok(false);
        };
        let followed = self.hub.store().row(follows::any_member_following(presence.actor)).await;
        Ok(followed.map_err(HubError::from)?.is_some())
    }

    /// A reaction, or its undoing, by somebody who did not sign it: a group speaks for the people of its own server; all
    /// others are asked, unless they have signed the activity itself.
    async fn relayed_reaction(&self, inner: Node<'_>) -> Read {
        match inner.id("actor") {
            Some(actor) if same_authority(actor, self.actor) && !self.urls.is_ours(actor) => {
                let bytes = Bytes::from(inner.0.to_string());
                Box::pin(self.with(actor, inner, bytes).read(inner)).await
            }
            _ => self.forwarded(inner.0).await,
        }
    }

    /// What a group has taken out it shows no longer, whoever took it out; the post itself goes when its own host says so.
    async fn taken_out(&self, target: &str) -> Read {
        if self.hub.copy(Network::ActivityPub, target).await?.is_none() {
            return Err(Not::Ignored("a delete of something unknown"));
        }
        let shown = What::Repost { target: target.to_owned(), visibility: Visibility::Public };
        let undo = What::Undo(Undone { id: None, what: Some(Box::new(shown)) });
        let mut read = vec![Incoming { id: None, ..self.incoming(undo) }];
        match self.confirmed_delete(target).await {
            Ok(gone) => read.extend(gone),
            Err(Not::Ignored(_) | Not::Away(_)) => {}
            Err(not) => return Err(not),
        }
        Ok(read)
    }

    async fn is_for_all(&self, kind: CopyKind, object: Id) -> Result<bool, Not> {
        Ok(kind != CopyKind::Post || self.hub.post(object).await?.visibility.is_open())
    }

    /// A post as its own host has it.
    pub(super) async fn confirmed_post(&self, id: &str, edit: bool) -> Read {
        let document = self.ap.document(self.hub, id).await?;
        let read =
            translate::post(document.node(), self.now).ok_or(Not::Ignored("an object that is no post"))?;
        let author = read.post.author.clone();
        let cx = self.with(&author, document.node(), document.bytes.clone());
        let post = self.ap.with_stamp(self.hub, read).await;
        let what = if edit { What::Edit(Box::new(post)) } else { What::Post(Box::new(post)) };
        Ok(vec![Incoming { id: None, ..cx.incoming(what) }])
    }

    /// A delete that the own host of the post, or of the leave to quote, confirms by not having it any more. Of a post that
    /// is not for everybody it has to say so: for us it is not there in any case.
    pub(super) async fn confirmed_delete(&self, id: &str) -> Read {
        let copy = self.hub.copy(Network::ActivityPub, id).await?;
        let copy = copy.ok_or(Not::Ignored("a delete of something unknown"))?;
        match self.ap.document(self.hub, id).await {
            Err(Missing::Gone) => {}
            Err(Missing::NotThere) if self.is_for_all(copy.kind, copy.object).await? => {}
            Err(later @ (Missing::Later(_) | Missing::Ours(_))) => return Err(later.into()),
            _ => return Err(Not::Ignored("a delete that its host does not confirm")),
        }
        let author = self.hub.presence(copy.actor, Network::ActivityPub).await?;
        let author = author.ok_or(Not::Ignored("a delete of nobody's post"))?.native_id;
        let what = match copy.kind {
            CopyKind::QuoteStamp => What::QuoteRevoked { stamp: id.to_owned() },
            _ => What::Delete { target: id.to_owned() },
        };
        Ok(vec![Incoming { actor: author, id: None, ..self.incoming(what) }])
    }
}

fn is_activity(node: Node<'_>) -> bool {
    node.is_any(RELAYED) || node.is_any(UNHEARD)
}
