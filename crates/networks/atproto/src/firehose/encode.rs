//! Frames as bytes.

use super::{Account, CommitEvent, Event, Frame, Identity, Info, StreamError, SyncEvent};
use crate::{
    data::cbor::Writer,
    repo::{RepoOp, Staged},
    syntax::Datetime,
};

/// The frame of an event but for its sequence number, which is known only when the event is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unnumbered {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

impl Unnumbered {
    /// The frame.
    pub fn number(&self, seq: u64) -> Vec<u8> {
        let mut number = Writer::new();
        number.int(i64::try_from(seq).unwrap_or(i64::MAX));
        [&self.before[..], &number.into_bytes(), &self.after].concat()
    }
}

impl Frame {
    /// The bytes of the message.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Frame::Event(seq, event) => event.unnumbered().number(*seq),
            Frame::Info(Info { name, message }) => {
                let mut out = header(Some("#info"), 128);
                out.map(1 + usize::from(message.is_some())).text("name").text(name);
                optional(&mut out, "message", message.as_deref());
                out.into_bytes()
            }
            Frame::Error(StreamError { error, message }) => {
                let mut out = header(None, 128);
                out.map(1 + usize::from(message.is_some())).text("error").text(error);
                optional(&mut out, "message", message.as_deref());
                out.into_bytes()
            }
            Frame::Unknown(kind) => {
                let mut out = header(Some(kind), 64);
                out.map(0);
                out.into_bytes()
            }
        }
    }
}

impl Event {
    /// The frame but for its number.
    pub fn unnumbered(&self) -> Unnumbered {
        match self {
            Event::Commit(commit) => write_commit(commit),
            Event::Sync(sync) => write_sync(sync),
            Event::Identity(identity) => write_identity(identity),
            Event::Account(account) => write_account(account),
        }
    }
}

impl CommitEvent {
    /// What is told of a commit that was staged.
    pub fn of(staged: &Staged, time: Datetime) -> CommitEvent {
        CommitEvent {
            repo: staged.repo.did().clone(),
            rev: staged.commit.rev,
            since: staged.since,
            commit: staged.repo.head(),
            prev_data: staged.prev_data,
            ops: staged.ops.clone(),
            blocks: staged.car().into(),
            time,
        }
    }
}

fn header(kind: Option<&str>, room: usize) -> Writer {
    let mut out = Writer::with_capacity(room);
    match kind {
        Some(kind) => out.map(2).text("t").text(kind).text("op").int(1),
        None => out.map(1).text("op").int(-1),
    };
    out
}

fn optional(out: &mut Writer, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        out.text(key).text(text);
    }
}

fn write_commit(commit: &CommitEvent) -> Unnumbered {
    let mut out = header(Some("#commit"), 256 + 200 * commit.ops.len());
    out.map(11 + usize::from(commit.prev_data.is_some())).text("ops").list(commit.ops.len());
    for op in &commit.ops {
        write_op(op, &mut out);
    }
    out.text("rev").text(&commit.rev.to_string()).text("seq");
    let before = out.into_bytes();
    let mut out = Writer::with_capacity(256 + commit.blocks.len());
    out.text("repo").text(commit.repo.as_str()).text("time").text(commit.time.as_str());
    out.text("blobs").list(0).text("since");
    match commit.since {
        Some(since) => out.text(&since.to_string()),
        None => out.null(),
    };
    out.text("blocks").bytes(&commit.blocks).text("commit").link(&commit.commit);
    out.text("rebase").boolean(false).text("tooBig").boolean(false);
    if let Some(data) = &commit.prev_data {
        out.text("prevData").link(data);
    }
    Unnumbered { before, after: out.into_bytes() }
}

fn write_op(op: &RepoOp, out: &mut Writer) {
    out.map(3 + usize::from(op.prev.is_some())).text("cid").nullable_link(op.cid.as_ref());
    out.text("path").text(&op.path);
    if let Some(prev) = &op.prev {
        out.text("prev").link(prev);
    }
    out.text("action").text(match (op.cid, op.prev) {
        (Some(_), None) => "create",
        (Some(_), Some(_)) => "update",
        (None, _) => "delete",
    });
}

fn write_sync(sync: &SyncEvent) -> Unnumbered {
    let mut out = header(Some("#sync"), 128);
    out.map(5).text("did").text(sync.did.as_str()).text("rev").text(&sync.rev.to_string()).text("seq");
    let before = out.into_bytes();
    let mut out = Writer::with_capacity(64 + sync.blocks.len());
    out.text("time").text(sync.time.as_str()).text("blocks").bytes(&sync.blocks);
    Unnumbered { before, after: out.into_bytes() }
}

fn write_identity(identity: &Identity) -> Unnumbered {
    let mut out = header(Some("#identity"), 128);
    out.map(3 + usize::from(identity.handle.is_some())).text("did").text(identity.did.as_str()).text("seq");
    let before = out.into_bytes();
    let mut out = Writer::with_capacity(128);
    out.text("time").text(identity.time.as_str());
    optional(&mut out, "handle", identity.handle.as_ref().map(AsRef::as_ref));
    Unnumbered { before, after: out.into_bytes() }
}

fn write_account(account: &Account) -> Unnumbered {
    let mut out = header(Some("#account"), 128);
    out.map(4 + usize::from(account.status.is_some())).text("did").text(account.did.as_str()).text("seq");
    let before = out.into_bytes();
    let mut out = Writer::with_capacity(128);
    out.text("time").text(account.time.as_str()).text("active").boolean(account.active);
    optional(&mut out, "status", account.status.as_ref().map(|status| status.as_str()));
    Unnumbered { before, after: out.into_bytes() }
}
