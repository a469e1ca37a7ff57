//! What a member does.

use bytes::Bytes;
use landbridge_model::{Actor, Audience, Id, LinkCard, Network, Post, Presence, Reaction, Time, Visibility};

/// Something a member does, as a network's translator is asked to stage it.
#[derive(Clone, Debug)]
pub struct Act {
    /// Unique to this act: for ids of activities that are no object of their own.
    pub id: Id,
    pub member: Actor,
    /// The member's identity on the network that stages.
    pub presence: Presence,
    pub at: Time,
    pub kind: ActKind,
    /// The native original, when the act came from an app of that very network: stored as it is, never rendered.
    pub origin: Option<Origin>,
}

/// The kinds of acts. Posts and actors are loaded whole.
#[derive(Clone, Debug)]
pub enum ActKind {
    Post(Post),
    Edit(Post),
    Delete(Post),
    Repost {
        repost: Post,
        target: Post,
    },
    Unrepost {
        repost: Post,
        target: Post,
    },
    React {
        reaction: Reaction,
        target: Post,
    },
    Unreact {
        reaction: Reaction,
        target: Post,
    },
    /// `id`: of the follow.
    Follow {
        id: Id,
        target: Actor,
    },
    Unfollow {
        id: Id,
        target: Actor,
    },
    AcceptFollow {
        id: Id,
        follower: Actor,
    },
    /// Declines a request, or ends an accepted follow.
    RejectFollow {
        id: Id,
        follower: Actor,
    },
    Block {
        id: Id,
        target: Actor,
    },
    Unblock {
        id: Id,
        target: Actor,
    },
    /// Indexes into the poll's options.
    Vote {
        poll: Post,
        choices: Vec<usize>,
    },
    /// Counts have changed or the poll has ended.
    Tally {
        poll: Post,
        closed: bool,
    },
    Profile,
    Pin(Post),
    Unpin(Post),
    /// Answers a request to quote `quoted`. `request` and `quoting` are native ids.
    AnswerQuote {
        quoted: Post,
        requester: Actor,
        request: String,
        quoting: String,
        accept: bool,
    },
    /// Takes back the leave to quote `quoted` in the post with that native id.
    RevokeQuote {
        quoted: Post,
        quoting: String,
    },
    /// The author of what an answer or repost (`target`: what it reposts) is about has let it through: now everybody
    /// may have it.
    Approved {
        post: Post,
        target: Option<Post>,
    },
    /// `category`: `spam`, `legal`, `violation`, `other`.
    Report {
        target: Actor,
        posts: Vec<Post>,
        comment: String,
        category: String,
    },
    /// Leaves this network: switched off, or for good.
    Leave {
        forever: bool,
    },
    /// Tells followers of the member's new home (native id).
    Move {
        to: String,
    },
}

impl ActKind {
    /// What the delivery record files it under: the post, follow, or member that it is about.
    pub fn object(&self, member: Id) -> Id {
        match self {
            ActKind::Post(post) | ActKind::Edit(post) | ActKind::Delete(post) => post.id,
            ActKind::Pin(post) | ActKind::Unpin(post) | ActKind::Approved { post, .. } => post.id,
            ActKind::Repost { repost, .. } | ActKind::Unrepost { repost, .. } => repost.id,
            ActKind::React { reaction, .. } | ActKind::Unreact { reaction, .. } => reaction.id,
            ActKind::Follow { id, .. } | ActKind::Unfollow { id, .. } => *id,
            ActKind::AcceptFollow { id, .. } | ActKind::RejectFollow { id, .. } => *id,
            ActKind::Block { id, .. } | ActKind::Unblock { id, .. } => *id,
            ActKind::Vote { poll, .. } | ActKind::Tally { poll, .. } => poll.id,
            ActKind::AnswerQuote { quoted, .. } | ActKind::RevokeQuote { quoted, .. } => quoted.id,
            ActKind::Report { target, .. } => target.id,
            ActKind::Profile | ActKind::Leave { .. } | ActKind::Move { .. } => member,
        }
    }

    /// The word for the delivery record.
    pub fn name(&self) -> &'static str {
        match self {
            ActKind::Post(_) => "post",
            ActKind::Edit(_) => "edit",
            ActKind::Delete(_) => "delete",
            ActKind::Repost { .. } => "repost",
            ActKind::Unrepost { .. } => "undo repost",
            ActKind::React { .. } => "reaction",
            ActKind::Unreact { .. } => "undo reaction",
            ActKind::Follow { .. } => "follow",
            ActKind::Unfollow { .. } => "unfollow",
            ActKind::AcceptFollow { .. } => "accept follow",
            ActKind::RejectFollow { .. } => "reject follow",
            ActKind::Block { .. } => "block",
            ActKind::Unblock { .. } => "unblock",
            ActKind::Vote { .. } => "vote",
            ActKind::Tally { .. } => "poll result",
            ActKind::Profile => "profile",
            ActKind::Pin(_) => "pin",
            ActKind::Unpin(_) => "unpin",
            ActKind::AnswerQuote { .. } => "answer quote",
            ActKind::RevokeQuote { .. } => "revoke quote",
            ActKind::Approved { .. } => "approved",
            ActKind::Report { .. } => "report",
            ActKind::Leave { .. } => "leave",
            ActKind::Move { .. } => "move",
        }
    }
}

/// A signed native object that an app of the member made.
#[derive(Clone, Debug)]
pub struct Origin {
    pub network: Network,
    pub native_id: String,
    /// The object as it arrived.
    pub original: Bytes,
    /// When it was done, if not now: it came along with an account that moved here. It is kept as of then, on that network
    /// alone, and nobody is told.
    pub brought: Option<Time>,
}

/// What a member wants to post, before it is a post.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub author: Id,
    /// As typed; links, mentions and tags are found in it. Ignored when `rich` is there.
    pub text: String,
    /// Text with marks, when the app gave one.
    pub rich: Option<landbridge_model::RichText>,
    pub title: Option<String>,
    pub warning: Option<String>,
    pub sensitive: bool,
    /// `None`: the member's default.
    pub visibility: Option<Visibility>,
    /// BCP 47. Empty: the member's default.
    pub languages: Vec<String>,
    pub media: Vec<Id>,
    pub poll: Option<DraftPoll>,
    pub reply_to: Option<Id>,
    pub quote: Option<Id>,
    pub quote_policy: Option<Audience>,
    pub reply_policy: Option<Audience>,
    /// The card that an app has made of the page it links to.
    pub card: Option<LinkCard>,
    /// Name of the app.
    pub application: Option<String>,
    /// From `Idempotency-Key`: the same key gives the same post.
    pub idempotency: Option<String>,
    /// When it was written, if an app says so (a signed native original); else now.
    pub at: Option<Time>,
    /// Networks that this one post shall not go to.
    pub except: Vec<Network>,
    /// Of a private message: whom it is addressed to beside those named in the text.
    pub to: Vec<Id>,
    /// Of a private message: the one network that it shall go by; else the most private that reaches everybody.
    pub via: Option<Network>,
    /// Of a private message: the author knows that it can be read by more than what was written before.
    pub accept_weaker: bool,
}

#[derive(Clone, Debug, Default)]
pub struct DraftPoll {
    pub options: Vec<String>,
    pub multiple: bool,
    pub hide_totals: bool,
    /// Seconds from now.
    pub expires_in: Option<u64>,
}
