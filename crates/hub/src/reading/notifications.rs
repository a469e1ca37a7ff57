//! One list of notifications for all networks.

use crate::{Hub, HubError, Page, PostView};
use landbridge_model::{Actor, Id, Time};

/// Why a member is told. The word is stored and is that of the Mastodon API where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotificationKind {
    Mention,
    /// Somebody wrote whose every post the member wants to hear of.
    Status,
    Reblog,
    Follow,
    FollowRequest,
    Favourite,
    /// An emoji reaction.
    Reaction,
    Poll,
    Update,
    Quote,
}

impl NotificationKind {
    pub fn key(self) -> &'static str {
        match self {
            NotificationKind::Mention => "mention",
            NotificationKind::Status => "status",
            NotificationKind::Reblog => "reblog",
            NotificationKind::Follow => "follow",
            NotificationKind::FollowRequest => "follow_request",
            NotificationKind::Favourite => "favourite",
            NotificationKind::Reaction => "reaction",
            NotificationKind::Poll => "poll",
            NotificationKind::Update => "update",
            NotificationKind::Quote => "quote",
        }
    }

    pub fn from_key(key: &str) -> Option<NotificationKind> {
        use NotificationKind::*;
        [Mention, Status, Reblog, Follow, FollowRequest, Favourite, Reaction, Poll, Update, Quote].into_iter().find(|k| k.key() == key)
    }
}

#[derive(Clone, Debug)]
pub struct Notification {
    pub id: Id,
    pub kind: NotificationKind,
    pub at: Time,
    pub actor: Actor,
    pub post: Option<PostView>,
    /// Emoji of a reaction.
    pub content: Option<String>,
}

impl Hub {
    /// Newest first; `kinds` empty means all.
    pub async fn notifications(&self, member: Id, kinds: &[NotificationKind], by: Option<Id>, page: Page) -> Result<Vec<Notification>, HubError> {
        unbuilt!(member, kinds, by, page)
    }
    pub async fn notification(&self, member: Id, id: Id) -> Result<Notification, HubError> {
        unbuilt!(member, id)
    }
    /// Removes one, or all of them.
    pub async fn dismiss(&self, member: Id, id: Option<Id>) -> Result<(), HubError> {
        unbuilt!(member, id)
    }
    /// How many are newer than the member's marker, up to 1000.
    pub async fn unread(&self, member: Id) -> Result<u64, HubError> {
        unbuilt!(member)
    }
    /// Where the member has read to, per timeline (`home`, `notifications`): last id, version, time.
    pub async fn markers(&self, member: Id) -> Result<Vec<(String, Id, u64, landbridge_model::Time)>, HubError> {
        unbuilt!(member)
    }
    pub async fn set_marker(&self, member: Id, timeline: &str, last_read: Id) -> Result<(), HubError> {
        unbuilt!(member, timeline, last_read)
    }
}
