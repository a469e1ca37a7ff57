//! Posts and people as one reader sees them.

use landbridge_model::{Actor, Id, Network, Post, Time};

/// A post with all that a door shows beside it.
#[derive(Clone, Debug)]
pub struct PostView {
    pub post: Post,
    pub author: Actor,
    /// The native id at its home network (an activity URL, a `nostr:` URI), or ours.
    pub uri: String,
    /// Page for browsers: https, ours where the home network has none.
    pub url: String,
    /// Networks it has a living copy on.
    pub networks: Vec<Network>,
    /// The post that this one reposts.
    pub repost: Option<Box<PostView>>,
    /// The quoted post, when it may be shown.
    pub quote: Option<Box<PostView>>,
    pub marks: Marks,
}

/// The reader's own relation to a post. All false for a stranger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    pub liked: bool,
    pub reposted: bool,
    pub bookmarked: bool,
    pub pinned: bool,
    pub muted: bool,
    /// The reader's votes, as bits by option index.
    pub votes: u64,
    pub voted: bool,
}

/// The reader's relation to somebody.
#[derive(Clone, Debug, Default)]
pub struct Relationship {
    pub target: Id,
    pub following: bool,
    pub showing_reposts: bool,
    pub notifying: bool,
    pub languages: Vec<String>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at: Option<Time>,
    pub requested: bool,
    pub requested_by: bool,
    pub domain_blocking: bool,
    pub note: String,
}
