//! What is said on the stream.

use crate::{
    data::Cid,
    repo::{RepoOp, verify::Announced},
    syntax::{Datetime, Did, Handle, Tid},
};
use bytes::Bytes;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// About an account, with its place in the sequence.
    Event(u64, Event),
    Info(Info),
    /// The last frame before the server hangs up.
    Error(StreamError),
    /// A kind of message that is not known here: to be ignored.
    Unknown(String),
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Commit(CommitEvent),
    Sync(SyncEvent),
    Identity(Identity),
    Account(Account),
}

impl Event {
    /// Whose.
    pub fn did(&self) -> &Did {
        match self {
            Event::Commit(commit) => &commit.repo,
            Event::Sync(sync) => &sync.did,
            Event::Identity(identity) => &identity.did,
            Event::Account(account) => &account.did,
        }
    }
}

/// `#commit`: records changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitEvent {
    pub repo: Did,
    pub rev: Tid,
    /// The rev before.
    pub since: Option<Tid>,
    pub commit: Cid,
    /// Root of the tree before.
    pub prev_data: Option<Cid>,
    /// `prev` of updates and deletes is missing where the sender does not speak sync 1.1.
    pub ops: Vec<RepoOp>,
    /// CAR.
    pub blocks: Bytes,
    pub time: Datetime,
}

impl CommitEvent {
    /// For [`crate::repo::verify::verify`].
    pub fn announced(&self) -> Announced<'_> {
        Announced {
            repo: &self.repo,
            rev: self.rev,
            since: self.since,
            commit: self.commit,
            prev_data: self.prev_data,
            ops: &self.ops,
            blocks: self.blocks.clone(),
        }
    }
}

/// `#sync`: the repository is at this commit, whatever was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncEvent {
    pub did: Did,
    pub rev: Tid,
    /// CAR of the commit alone.
    pub blocks: Bytes,
    pub time: Datetime,
}

/// `#identity`: handle, key or server may have changed; ask the DID document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub did: Did,
    /// A hint, not proved.
    pub handle: Option<Handle>,
    pub time: Datetime,
}

/// `#account`: whether the account's server serves its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub did: Did,
    pub active: bool,
    /// Why not.
    pub status: Option<AccountStatus>,
    pub time: Datetime,
}

/// Why an account is not served (<https://atproto.com/specs/account>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    TakenDown,
    Suspended,
    Deleted,
    Deactivated,
    Desynchronized,
    Throttled,
    Other(String),
}

impl AccountStatus {
    pub fn as_str(&self) -> &str {
        match self {
            AccountStatus::TakenDown => "takendown",
            AccountStatus::Suspended => "suspended",
            AccountStatus::Deleted => "deleted",
            AccountStatus::Deactivated => "deactivated",
            AccountStatus::Desynchronized => "desynchronized",
            AccountStatus::Throttled => "throttled",
            AccountStatus::Other(other) => other,
        }
    }
}

impl From<&str> for AccountStatus {
    fn from(text: &str) -> AccountStatus {
        match text {
            "takendown" => AccountStatus::TakenDown,
            "suspended" => AccountStatus::Suspended,
            "deleted" => AccountStatus::Deleted,
            "deactivated" => AccountStatus::Deactivated,
            "desynchronized" => AccountStatus::Desynchronized,
            "throttled" => AccountStatus::Throttled,
            other => AccountStatus::Other(other.to_owned()),
        }
    }
}

/// `#info`: about the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// `OutdatedCursor`: what was asked for is no longer kept.
    pub name: String,
    pub message: Option<String>,
}

/// Why the stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamError {
    /// `FutureCursor`, `ConsumerTooSlow`.
    pub error: String,
    pub message: Option<String>,
}
