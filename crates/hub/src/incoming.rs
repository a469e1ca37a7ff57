//! What arrives: verified by a network, translated to the model's words, not yet decided on.

use bytes::Bytes;
use landbridge_model::{
    ActorKind, Audience, Emoji, LinkCard, MediaKind, MediaMeta, Network, Poll, PostKind, Profile, RichText,
    Time, Visibility,
};
use serde::{Deserialize, Serialize};

/// One verified thing from a network. Other things are named by native id.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub network: Network,
    /// Native id of who did it. The network has verified that they did.
    pub actor: String,
    /// Native id of the activity or event itself, for finding duplicates and undoing by id.
    pub id: Option<String>,
    pub at: Time,
    pub via: Via,
    /// The bytes as they arrived.
    pub original: Bytes,
    pub what: What,
}

/// How it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// Sent to us by its author's side, now.
    Delivered,
    /// We asked for it (a look-up, a missing parent, a backfill): nobody is notified.
    Fetched,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    Post(Box<InPost>),
    /// The post as it is now. Also new counts of a poll.
    Edit(Box<InPost>),
    Delete {
        target: String,
    },
    Repost {
        target: String,
        visibility: Visibility,
    },
    /// `content`: empty for a like, see [`landbridge_model::Reaction`].
    React {
        target: String,
        content: String,
        emoji: Option<Emoji>,
    },
    Undo(Undone),
    Follow {
        target: String,
    },
    /// Answer to a follow of ours; `follow`: native id of the follow, `follower`: of the member, as far as given.
    FollowAccepted {
        follow: Option<String>,
        follower: Option<String>,
    },
    FollowRejected {
        follow: Option<String>,
        follower: Option<String>,
    },
    Block {
        target: String,
    },
    /// Votes in a poll; titles of options.
    Vote {
        poll: String,
        choices: Vec<String>,
        /// It takes the place of the same actor's older ones. Otherwise it stands beside them, or is refused where one option only
        /// can be chosen.
        #[serde(default)]
        replaces: bool,
    },
    /// A new or changed profile.
    Profile(Box<InActor>),
    /// The actor is gone for good.
    Gone,
    /// A report. `targets`: native ids of actors and posts.
    Report {
        targets: Vec<String>,
        comment: String,
    },
    Move {
        to: String,
    },
    Pin {
        target: String,
    },
    Unpin {
        target: String,
    },
    /// Asks for leave to quote. `quoting`: native id of the post that quotes.
    QuoteRequest {
        quoted: String,
        quoting: String,
        post: Option<Box<InPost>>,
    },
    /// Leave given (with a stamp's native id) or declined, to a request of ours.
    QuoteAnswered {
        request: Option<String>,
        quoting: Option<String>,
        stamp: Option<String>,
    },
    /// The author of what a member's answer, reaction or repost is about has let it through (with the native id of a
    /// proof, already verified) or not. `act`: its native id.
    Approved {
        act: String,
        proof: Option<String>,
    },
    /// Who may answer or quote a post of the actor, and which answers and quotes are out of sight; said beside it, at any
    /// time.
    Gate {
        target: String,
        gate: Gate,
    },
    /// Leave taken back.
    QuoteRevoked {
        stamp: String,
    },
}

/// A rule of an author for what others put to a post. It replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gate {
    /// `hidden`: native ids of answers in the thread.
    Answers { policy: Audience, hidden: Vec<String> },
    /// `detached`: native ids of posts that quote it.
    Quotes { policy: Audience, detached: Vec<String> },
}

/// What is undone: by the native id of the act, or by what it was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Undone {
    pub id: Option<String>,
    pub what: Option<Box<What>>,
}

/// A post as another network tells it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InPost {
    pub native_id: String,
    /// A version (cid), where the network has them.
    pub version: Option<String>,
    pub author: String,
    pub url: Option<String>,
    pub kind: PostKind,
    pub published: Time,
    pub updated: Option<Time>,
    pub visibility: Option<Visibility>,
    /// Native ids of everyone it is for: of a public post whom it names, in its text or beside it. What is not public is for
    /// those addressed alone, whoever its text names.
    pub addressed: Vec<String>,
    pub title: Option<String>,
    /// Mentions carry native ids.
    pub text: RichText,
    pub warning: Option<String>,
    pub sensitive: bool,
    pub languages: Vec<String>,
    pub media: Vec<InMedia>,
    pub poll: Option<Poll>,
    /// The page it links to, as the author has put it.
    pub card: Option<LinkCard>,
    /// Tags that do not stand in the text as well.
    pub tags: Vec<String>,
    pub emojis: Vec<Emoji>,
    pub reply_to: Option<String>,
    /// First post of the thread, when the network says.
    pub root: Option<String>,
    pub quote: Option<String>,
    /// Native id of the quoted author's leave, already verified by the network.
    pub quote_stamp: Option<String>,
    /// The network needs no leave for quotes.
    pub quote_free: bool,
    pub quote_policy: Audience,
    /// Who may answer it; of the first post of a thread, the whole thread.
    pub reply_policy: Audience,
    /// Native ids of answers in its thread and of quotes of it that its author has taken out of sight.
    pub hidden_answers: Vec<String>,
    pub detached_quotes: Vec<String>,
    /// The same post elsewhere, as its author says (FEP-fffd, NIP-48, `bridgyOriginalUrl`).
    pub same_as: Vec<(Network, String)>,
}

/// An attachment that is not fetched yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InMedia {
    pub url: String,
    pub preview_url: Option<String>,
    pub kind: MediaKind,
    pub mime: String,
    pub description: Option<String>,
    pub sensitive: bool,
    pub meta: MediaMeta,
}

/// A person as another network tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InActor {
    pub native_id: String,
    pub username: String,
    /// Host of the address, verified by the network; a reserved name of ours where there is none.
    pub domain: String,
    pub kind: ActorKind,
    pub url: Option<String>,
    pub profile: Profile,
    pub locked: bool,
    pub created_at: Option<Time>,
    pub moved_to: Option<String>,
    /// This and the next two: what their side counts. `None`: it does not tell, and what was told before stays.
    pub followers: Option<u64>,
    pub following: Option<u64>,
    pub posts: Option<u64>,
    /// For the network's own use: see [`landbridge_model::Presence::facts`].
    pub facts: serde_json::Value,
    /// Identities on other networks proved from both sides.
    pub proved: Vec<(Network, String)>,
}

/// What the hub made of it. All of these are final: the network answers "accepted".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Written down; the id of the post or actor, if it is one.
    Stored(Option<landbridge_model::Id>),
    /// Was here already; no second effect.
    Duplicate,
    /// Nothing of it concerns anybody here, or the gate dropped it silently. The reason is for counters and logs.
    Ignored(&'static str),
}

/// Not accepted, and nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It breaks a rule (wrong owner, blocked host); sending again will not help.
    #[error("{0}")]
    Rule(&'static str),
    /// Try again later (disk full, database away).
    #[error("not now: {0}")]
    Later(String),
}
