//! Actors: whoever can post, on any network.

use crate::{Emoji, Id, Network, RichText, Time};
use serde::{Deserialize, Serialize};

/// Someone on some network. A member has one actor with a [`Presence`] on each network they chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Actor {
    pub id: Id,
    pub kind: ActorKind,
    /// Without host. For somebody on Nostr without a proved name: the npub.
    pub username: String,
    /// `None` for a member. A reserved name of ours for people of networks without an address of this form.
    pub domain: Option<String>,
    pub state: ActorState,
    /// Follows need an approval.
    pub locked: bool,
    pub created_at: Time,
    /// When a remote profile was last fetched.
    pub fetched_at: Option<Time>,
    pub moved_to: Option<Id>,
    pub last_post_at: Option<Time>,
    pub profile: Profile,
    /// Page for browsers.
    pub url: Option<String>,
    /// As the other side says for remote people; counted for members.
    pub followers: u64,
    pub following: u64,
    pub posts: u64,
}

impl Actor {
    pub fn is_member(&self) -> bool {
        self.domain.is_none()
    }

    /// `name` or `name@host`, as the Mastodon API writes it.
    pub fn acct(&self) -> String {
        match &self.domain {
            None => self.username.clone(),
            Some(domain) => format!("{}@{domain}", self.username),
        }
    }

    /// Shown name: the display name, else the user name.
    pub fn shown_name(&self) -> &str {
        if self.profile.display_name.is_empty() { &self.username } else { &self.profile.display_name }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    #[default]
    Person,
    /// A bot.
    Service,
    Group,
    Organization,
    Application,
}

/// The number is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i64)]
pub enum ActorState {
    #[default]
    Active = 0,
    /// By the member's own wish; can come back.
    Deactivated = 1,
    /// By a moderator; can come back.
    Suspended = 2,
    /// Gone for good; the row remains so that the name is not given out again.
    Deleted = 3,
    /// By a moderator: hidden from whoever does not follow.
    Limited = 4,
}

impl ActorState {
    pub fn from_i64(n: i64) -> ActorState {
        use ActorState::*;
        [Active, Deactivated, Suspended, Deleted, Limited]
            .into_iter()
            .find(|s| *s as i64 == n)
            .unwrap_or(Suspended)
    }
}

/// What somebody says of themself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub display_name: String,
    pub bio: RichText,
    pub fields: Vec<Field>,
    pub avatar: Option<Picture>,
    pub header: Option<Picture>,
    pub emojis: Vec<Emoji>,
    /// Wants to be found in directories. `None`: did not say.
    pub discoverable: Option<bool>,
    /// Lets posts be searched (FEP-5feb: silence means no, for remote people).
    pub indexable: bool,
    pub hide_collections: bool,
    /// Wants their posts to be shown to members only, not on pages for everybody.
    pub members_only: bool,
    /// The same for what they post unlisted.
    pub unlisted_members_only: bool,
    /// Other identities that the actor claims (ActivityPub ids and DIDs).
    pub also_known_as: Vec<String>,
}

/// A name and a value on a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: RichText,
    pub verified_at: Option<Time>,
}

/// Avatar or header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// File name in our media store, for a member's own.
    pub file: Option<String>,
    pub remote_url: Option<String>,
    #[serde(default)]
    pub description: String,
}

/// An actor's identity on one network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    pub actor: Id,
    pub network: Network,
    /// The permanent id: actor URL, hex public key, DID.
    pub native_id: String,
    pub state: PresenceState,
    /// What only that network's translator understands (inbox, relays, keys), as it wrote it.
    pub facts: serde_json::Value,
    pub since: Time,
}

/// The number is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i64)]
pub enum PresenceState {
    #[default]
    Active = 0,
    /// Switched off by the member; nothing is sent or taken in.
    Off = 1,
    /// Gone for good on that network.
    Gone = 2,
}

impl PresenceState {
    pub fn from_i64(n: i64) -> PresenceState {
        match n {
            0 => PresenceState::Active,
            1 => PresenceState::Off,
            _ => PresenceState::Gone,
        }
    }
}
