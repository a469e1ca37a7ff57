//! Posts.

use crate::{Audience, Id, LinkCard, Media, Network, Poll, Quote, RichText, Time, Visibility};
use serde::{Deserialize, Serialize};

/// One post, wherever it was written. A repost is a post of its own with nothing but `repost_of`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    pub id: Id,
    pub author: Id,
    /// `None`: written here. Otherwise the network it arrived by.
    pub origin: Option<Network>,
    pub kind: PostKind,
    pub created_at: Time,
    pub edited_at: Option<Time>,
    pub visibility: Visibility,
    pub title: Option<String>,
    pub text: RichText,
    /// Content warning or subject line.
    pub warning: Option<String>,
    pub sensitive: bool,
    /// BCP 47; the author's word; the first is the main one.
    pub languages: Vec<String>,
    pub media: Vec<Media>,
    pub poll: Option<Poll>,
    pub mentions: Vec<Mention>,
    /// Normal form: NFKC, case-folded, without `#`.
    pub tags: Vec<String>,
    pub emojis: Vec<Emoji>,
    pub reply_to: Option<Id>,
    pub reply_to_author: Option<Id>,
    /// First post of the thread as far as known; its own id when it starts one.
    pub root: Id,
    pub quote: Option<Quote>,
    pub repost_of: Option<Id>,
    /// Page for browsers at its home, when it came from elsewhere.
    pub url: Option<String>,
    pub quote_policy: Audience,
    pub reply_policy: Audience,
    /// Name of the app it was written with.
    pub application: Option<String>,
    /// The card that its author has made. Of other posts it is what the linked page says, and no part of the post.
    #[serde(default)]
    pub card: Option<LinkCard>,
    pub replies: u64,
    pub reposts: u64,
    pub likes: u64,
    pub quotes: u64,
}

/// What a post is, for showing it well. Anything else is converted to a note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostKind {
    #[default]
    Note,
    Article,
    Page,
    Video,
    Audio,
    Image,
    Event,
}

/// Somebody named in a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub actor: Id,
    /// As an account is written here: `name` or `name@host`.
    pub acct: String,
    pub url: String,
    /// Addressed but not named in the text.
    #[serde(default)]
    pub silent: bool,
}

/// A custom emoji.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Emoji {
    /// Without colons.
    pub shortcode: String,
    pub url: String,
    #[serde(default)]
    pub static_url: Option<String>,
}
