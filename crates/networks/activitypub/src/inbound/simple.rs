//! Activities that say one thing about one object: `Like`, `EmojiReact` (litepub), `Dislike`, `Follow`, `Block`,
//! `Flag`, `Move`, `Add` and `Remove` (ActivityPub, 7; ActivityStreams Vocabulary, 3).

use super::read::{Cx, Not, Read};
use crate::translate::{self, Facts};
use crate::vocab::Node;
use landbridge_hub::What;
use landbridge_model::Network;

const MAX_REPORTED: usize = 50;
const MAX_COMMENT: usize = 5_000;

impl Cx<'_> {
    pub(super) fn react(&self, activity: Node<'_>) -> Read {
        let (content, emoji) = translate::reaction(activity);
        self.one(What::React { target: self.object(activity)?.to_owned(), content, emoji })
    }

    pub(super) fn follow(&self, activity: Node<'_>) -> Read {
        self.one(What::Follow { target: self.object(activity)?.to_owned() })
    }

    pub(super) fn block(&self, activity: Node<'_>) -> Read {
        self.one(What::Block { target: self.object(activity)?.to_owned() })
    }

    /// A report: of an actor and posts of theirs, usually in the name of the other server itself.
    pub(super) fn flag(&self, activity: Node<'_>) -> Read {
        let targets: Vec<String> = activity.ids("object").take(MAX_REPORTED).map(str::to_owned).collect();
        if !targets.iter().any(|t| self.urls.is_ours(t)) {
            return Err(Not::Ignored("a report that concerns nobody here"));
        }
        let comment = crate::text::plain(activity.text("content").unwrap_or_default());
        self.one(What::Report { targets, comment: comment.chars().take(MAX_COMMENT).collect() })
    }

    /// Believed when both sides say so now: the old home names the new one (`movedTo`), and that the old one
    /// (`alsoKnownAs`). The activity alone could be an old one, from before somebody came back.
    pub(super) async fn moved(&self, activity: Node<'_>) -> Read {
        let target = activity.id("target").ok_or(Not::Refused("a move to nowhere"))?;
        if self.object(activity)? != self.actor {
            return Err(Not::Refused("a move of somebody else"));
        }
        self.ap.forget_actor(self.actor);
        let old = self.ap.remote_actor(self.hub, self.actor).await?;
        if old.read.actor.moved_to.as_deref() != Some(target) {
            return Err(Not::Refused("the old home does not name the new one"));
        }
        if self.urls.is_ours(target) {
            return self.one(What::Move { to: target.to_owned() });
        }
        self.ap.forget_actor(target);
        let home = self.ap.remote_actor(self.hub, target).await?;
        if !home.read.actor.profile.also_known_as.iter().any(|known| known == self.actor) {
            return Err(Not::Refused("the new home does not name the old one"));
        }
        Ok(vec![home.incoming(), self.incoming(What::Move { to: home.id().to_owned() })])
    }

    /// Pins: `Add` to and `Remove` from the sender's own featured collection. Of posts only; tags are ignored.
    pub(super) async fn pinned(&self, activity: Node<'_>, on: bool) -> Read {
        let presence = self.hub.presence_by_native(Network::ActivityPub, self.actor).await?;
        let facts: Option<Facts> = presence.and_then(|p| serde_json::from_value(p.facts).ok());
        let featured = facts.and_then(|f| f.featured);
        let is_tag = activity.object("object").is_some_and(|o| o.is("Hashtag"));
        if featured.is_none() || activity.id("target") != featured.as_deref() || is_tag {
            return Err(Not::Ignored("a collection that is not kept here"));
        }
        let target = self.object(activity)?.to_owned();
        self.one(if on { What::Pin { target } } else { What::Unpin { target } })
    }
}
