//! What a network stages, and what becomes of it.

use bytes::Bytes;
use landbridge_model::{Id, Network};
use landbridge_store::Change;
use std::time::Duration;

/// All that one network wants written with an act.
#[derive(Default)]
pub struct Staged {
    pub copies: Vec<StagedCopy>,
    pub payloads: Vec<Payload>,
    /// What is sent to the member's own places, so that other apps of theirs have it: of no account for whether it has
    /// reached anybody.
    pub own_copies: Vec<Payload>,
    /// Changes to the network's own tables.
    pub changes: Vec<Change>,
}

/// A thing's new identity on the network.
pub struct StagedCopy {
    pub kind: CopyKind,
    pub object: Id,
    pub native_id: String,
    /// The version the network names it by (an AT cid).
    pub version: Option<String>,
    pub url: Option<String>,
    /// The bytes as signed or rendered; `None` when they can be rendered again at any time.
    pub original: Option<Bytes>,
    pub state: CopyState,
}

/// What a copy is a copy of. The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyKind {
    Post,
    Repost,
    Reaction,
    Follow,
    Block,
    Vote,
    /// A leave to quote (FEP-044f stamp), of the quoting post.
    QuoteStamp,
    /// A request to quote: of a member's quoting post, or of the member's post that somebody asks to quote.
    QuoteRequest,
    /// Its author's proof that a post elsewhere may be answered, liked or reposted so, of the answer, reaction or repost.
    Approval,
    Report,
}

impl CopyKind {
    pub fn key(self) -> &'static str {
        match self {
            CopyKind::Post => "post",
            CopyKind::Repost => "repost",
            CopyKind::Reaction => "reaction",
            CopyKind::Follow => "follow",
            CopyKind::Block => "block",
            CopyKind::Vote => "vote",
            CopyKind::QuoteStamp => "quote-stamp",
            CopyKind::QuoteRequest => "quote-request",
            CopyKind::Approval => "approval",
            CopyKind::Report => "report",
        }
    }

    pub fn from_key(key: &str) -> Option<CopyKind> {
        use CopyKind::*;
        [Post, Repost, Reaction, Follow, Block, Vote, QuoteStamp, QuoteRequest, Approval, Report]
            .into_iter()
            .find(|k| k.key() == key)
    }
}

/// The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum CopyState {
    Live = 0,
    /// Waits for an outside signer.
    Unsigned = 1,
    Deleted = 2,
}

impl CopyState {
    pub fn from_i64(n: i64) -> CopyState {
        match n {
            0 => CopyState::Live,
            1 => CopyState::Unsigned,
            _ => CopyState::Deleted,
        }
    }
}

/// Bytes to deliver, once for all destinations.
pub struct Payload {
    pub bytes: Bytes,
    /// Not public: sealed at rest.
    pub private: bool,
    pub destinations: Vec<Destination>,
    /// What becomes of it, when the write itself decides that; `None`: it is to be delivered.
    pub settled: Option<Outcome>,
}

/// Where to deliver to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// An inbox or relay URL.
    pub url: String,
    /// What shares limits and back-off: the host name.
    pub host: String,
}

/// One row of the outbox, claimed.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: Id,
    pub network: Network,
    pub destination: String,
    pub host: String,
    /// See [`crate::ActKind::name`].
    pub act: String,
    /// The member whose act it is.
    pub actor: Id,
    pub object: Id,
    /// Earlier tries.
    pub attempts: u32,
    pub bytes: Bytes,
}

/// What came of one try.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The other side has it. `answer`: its words, shown to the member.
    Delivered { answer: String },
    /// Not now. `after`: what the other side asked for. `host_down`: nothing else will get through either.
    Retry { after: Option<Duration>, why: String, host_down: bool },
    /// The other side will never take it.
    Refused { why: String },
    /// There is nobody any more at that destination.
    Gone { why: String },
    /// It may have arrived, and sending again could show it twice.
    Unknown { why: String },
}
