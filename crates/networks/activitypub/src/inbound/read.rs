//! An authenticated activity, by its type.

use crate::ActivityPub;
use crate::urls::Urls;
use crate::vocab::{Node, same_authority};
use bytes::Bytes;
use landbridge_hub::{Hub, Incoming, Via, What};
use landbridge_model::{Network, Time};

/// What reading an activity needs; `actor` has been proved to be its sender.
pub(crate) struct Cx<'a> {
    pub(super) ap: &'a ActivityPub,
    pub(super) hub: &'a Hub,
    pub(super) urls: &'a Urls,
    pub(super) actor: &'a str,
    pub(super) now: Time,
    id: Option<String>,
    at: Time,
    bytes: Bytes,
}

/// Why nothing is handed over.
#[derive(Debug)]
pub(crate) enum Not {
    /// Accepted, without effect.
    Ignored(&'static str),
    /// It breaks a rule.
    Refused(&'static str),
    /// Something that is needed cannot be had now.
    Later(String),
    /// The same, since somebody else's server does not answer.
    Away(String),
}

impl From<crate::remote::Missing> for Not {
    fn from(missing: crate::remote::Missing) -> Not {
        match missing {
            crate::remote::Missing::Gone | crate::remote::Missing::NotThere => {
                Not::Ignored("what it names is gone")
            }
            crate::remote::Missing::Forbidden => Not::Ignored("what it names is not shown to us"),
            crate::remote::Missing::NotActivity(_) => Not::Ignored("what it names is not of this network"),
            crate::remote::Missing::Later(why) => Not::Away(why),
            crate::remote::Missing::Ours(why) => Not::Later(why),
        }
    }
}

impl From<landbridge_hub::HubError> for Not {
    fn from(error: landbridge_hub::HubError) -> Not {
        Not::Later(error.to_string())
    }
}

pub(super) type Read = Result<Vec<Incoming>, Not>;

impl<'a> Cx<'a> {
    /// `signed`: when the sender vouched for it. What says no time of its own is of then, so that sending it again does
    /// not make it newer than what came after it.
    pub(crate) fn new(
        ap: &'a ActivityPub,
        hub: &'a Hub,
        urls: &'a Urls,
        actor: &'a str,
        activity: Node<'_>,
        bytes: Bytes,
        signed: Time,
    ) -> Cx<'a> {
        let now = Time::now();
        let id = activity.own_id().filter(|id| same_authority(id, actor)).map(str::to_owned);
        let at = activity.time("published").unwrap_or(signed).min(now);
        Cx { ap, hub, urls, actor, now, id, at, bytes }
    }

    /// The same for another activity by somebody else, which came inside this one or was fetched.
    pub(super) fn with<'b>(&'b self, actor: &'b str, activity: Node<'_>, bytes: Bytes) -> Cx<'b> {
        let signed = activity.object("proof").and_then(|proof| proof.time("created")).unwrap_or(self.now);
        Cx::new(self.ap, self.hub, self.urls, actor, activity, bytes, signed)
    }

    pub(super) fn incoming(&self, what: What) -> Incoming {
        Incoming {
            network: Network::ActivityPub,
            actor: self.actor.to_owned(),
            id: self.id.clone(),
            at: self.at,
            via: Via::Delivered,
            original: self.bytes.clone(),
            what,
        }
    }

    pub(super) fn one(&self, what: What) -> Read {
        Ok(vec![self.incoming(what)])
    }

    /// By type; the first known one counts.
    pub(crate) async fn read(&self, activity: Node<'_>) -> Read {
        for kind in activity.kinds() {
            return match kind {
                "Create" => self.create(activity).await,
                "Update" => self.update(activity).await,
                "Delete" => self.delete(activity).await,
                "Announce" => self.announce(activity).await,
                "Like" | "EmojiReact" | "Dislike" => self.react(activity),
                "Follow" => self.follow(activity),
                "Block" => self.block(activity),
                "Flag" => self.flag(activity),
                "Move" => self.moved(activity).await,
                "Add" => self.pinned(activity, true).await,
                "Remove" => self.pinned(activity, false).await,
                "Accept" => self.accept(activity).await,
                "Reject" => self.reject(activity).await,
                "QuoteRequest" => self.quote_request(activity),
                "ReplyRequest" => self.requested(activity, "Create").await,
                "LikeRequest" => self.requested(activity, "Like").await,
                "AnnounceRequest" => self.requested(activity, "Announce").await,
                "Undo" => self.undo(activity),
                "View" | "Read" | "Listen" | "Travel" | "Offer" | "Invite" | "Join" | "Leave"
                | "TentativeAccept" | "TentativeReject" | "Ignore" | "Arrive" => {
                    Err(Not::Ignored("an activity without meaning here"))
                }
                _ => continue,
            };
        }
        Err(Not::Ignored("an activity of unknown type"))
    }

    /// The id that an activity is about.
    pub(super) fn object<'b>(&self, activity: Node<'b>) -> Result<&'b str, Not> {
        activity.id("object").ok_or(Not::Refused("an activity without object"))
    }
}
