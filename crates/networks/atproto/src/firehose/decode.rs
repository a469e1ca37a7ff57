//! Frames from bytes.

use super::{
    Account, CommitEvent, Event, Frame, FrameError, Identity, Info, MAX_FRAME, MAX_SEQ, StreamError,
    SyncEvent,
};
use crate::{
    data::{
        CborError,
        cbor::{Keys, Reader},
    },
    repo::RepoOp,
    syntax::{Datetime, Did, Handle, SyntaxError, Tid},
};
use bytes::Bytes;

impl Frame {
    /// Reads a message. Blocks are parts of it, not copies. Fields that are not known are read over.
    pub fn decode(message: &Bytes) -> Result<Frame, FrameError> {
        let (kind, mut reader) = header(message)?;
        let mut body = Body { message, keys: reader.map()?, reader: &mut reader };
        let frame = match kind {
            None => Frame::Error(error(&mut body)?),
            Some("#info") => Frame::Info(info(&mut body)?),
            Some("#commit") => commit(&mut body)?,
            Some("#sync") => sync(&mut body)?,
            Some("#identity") => identity(&mut body)?,
            Some("#account") => account(&mut body)?,
            Some(other) => {
                while body.next()?.is_some() {
                    body.reader.skip()?;
                }
                Frame::Unknown(other.chars().take(64).collect())
            }
        };
        reader.end()?;
        Ok(frame)
    }
}

/// The kind of message (`None`: an error), and where the body begins.
pub(super) fn header(message: &[u8]) -> Result<(Option<&str>, Reader<'_>), FrameError> {
    if message.len() > MAX_FRAME {
        return Err(FrameError::TooLong);
    }
    let mut reader = Reader::new(message);
    let mut keys = reader.map()?;
    let (mut kind, mut op) = (None, None);
    while let Some(key) = keys.next(&mut reader)? {
        match key {
            "op" => op = Some(reader.int()?),
            "t" => kind = Some(reader.text()?),
            _ => reader.skip()?,
        }
    }
    match (op, kind) {
        (Some(1), Some(kind)) => Ok((Some(kind), reader)),
        (Some(-1), _) => Ok((None, reader)),
        _ => Err(FrameError::Header),
    }
}

struct Body<'r, 'a> {
    message: &'a Bytes,
    keys: Keys<'a>,
    reader: &'r mut Reader<'a>,
}

impl<'a> Body<'_, 'a> {
    fn next(&mut self) -> Result<Option<&'a str>, CborError> {
        self.keys.next(self.reader)
    }

    fn parse<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, SyntaxError>,
    ) -> Result<Option<T>, FrameError> {
        let text = self.reader.text()?;
        parse(text).map(Some).map_err(|error| FrameError::Syntax(field, error))
    }

    /// The number of the event.
    fn seq(&mut self) -> Result<Option<u64>, FrameError> {
        let seq = u64::try_from(self.reader.int()?).ok().filter(|seq| *seq <= MAX_SEQ);
        seq.map(Some).ok_or(FrameError::Field("seq"))
    }

    fn blocks(&mut self) -> Result<Option<Bytes>, FrameError> {
        let blocks = self.reader.bytes()?;
        Ok(Some(self.message.slice_ref(blocks)))
    }

    fn text(&mut self) -> Result<Option<String>, FrameError> {
        Ok(Some(self.reader.text()?.to_owned()))
    }
}

fn missing(field: &'static str) -> FrameError {
    CborError::Missing(field).into()
}

fn commit(body: &mut Body<'_, '_>) -> Result<Frame, FrameError> {
    let (mut ops, mut rev, mut seq, mut repo, mut time) = (None, None, None, None, None);
    let (mut since, mut blocks, mut commit, mut prev_data) = (None, None, None, None);
    while let Some(key) = body.next()? {
        match key {
            "ops" => ops = Some(read_ops(body.reader)?),
            "rev" => rev = body.parse("rev", Tid::parse)?,
            "seq" => seq = body.seq()?,
            "repo" => repo = body.parse("repo", Did::parse)?,
            "time" => time = body.parse("time", Datetime::parse)?,
            "since" => {
                let text = body.reader.nullable(Reader::text)?;
                let tid = text.map(Tid::parse).transpose();
                since = tid.map_err(|error| FrameError::Syntax("since", error))?;
            }
            "blocks" => blocks = body.blocks()?,
            "commit" => commit = Some(body.reader.link()?),
            "prevData" => prev_data = body.reader.nullable(Reader::link)?,
            _ => body.reader.skip()?,
        }
    }
    let commit = CommitEvent {
        repo: repo.ok_or(missing("repo"))?,
        rev: rev.ok_or(missing("rev"))?,
        since,
        commit: commit.ok_or(missing("commit"))?,
        prev_data,
        ops: ops.ok_or(missing("ops"))?,
        blocks: blocks.ok_or(missing("blocks"))?,
        time: time.ok_or(missing("time"))?,
    };
    Ok(Frame::Event(seq.ok_or(missing("seq"))?, Event::Commit(commit)))
}

fn read_ops(reader: &mut Reader<'_>) -> Result<Vec<RepoOp>, FrameError> {
    let len = reader.list()?;
    let mut ops = Vec::with_capacity(len.min(64));
    for _ in 0..len {
        let mut keys = reader.map()?;
        let (mut cid, mut path, mut prev, mut action) = (None, None, None, None);
        while let Some(key) = keys.next(reader)? {
            match key {
                "cid" => cid = reader.nullable(Reader::link)?,
                "path" => path = Some(reader.text()?),
                "prev" => prev = reader.nullable(Reader::link)?,
                "action" => action = Some(reader.text()?),
                _ => reader.skip()?,
            }
        }
        let path = path.ok_or(missing("path"))?;
        match (action.ok_or(missing("action"))?, cid, prev) {
            ("create", Some(_), None) | ("update", Some(_), _) | ("delete", None, _) => {}
            _ => return Err(FrameError::Field("action")),
        }
        ops.push(RepoOp { path: path.into(), cid, prev });
    }
    Ok(ops)
}

fn sync(body: &mut Body<'_, '_>) -> Result<Frame, FrameError> {
    let (mut did, mut rev, mut seq, mut time, mut blocks) = (None, None, None, None, None);
    while let Some(key) = body.next()? {
        match key {
            "did" => did = body.parse("did", Did::parse)?,
            "rev" => rev = body.parse("rev", Tid::parse)?,
            "seq" => seq = body.seq()?,
            "time" => time = body.parse("time", Datetime::parse)?,
            "blocks" => blocks = body.blocks()?,
            _ => body.reader.skip()?,
        }
    }
    let sync = SyncEvent {
        did: did.ok_or(missing("did"))?,
        rev: rev.ok_or(missing("rev"))?,
        blocks: blocks.ok_or(missing("blocks"))?,
        time: time.ok_or(missing("time"))?,
    };
    Ok(Frame::Event(seq.ok_or(missing("seq"))?, Event::Sync(sync)))
}

fn identity(body: &mut Body<'_, '_>) -> Result<Frame, FrameError> {
    let (mut did, mut seq, mut time, mut handle) = (None, None, None, None);
    while let Some(key) = body.next()? {
        match key {
            "did" => did = body.parse("did", Did::parse)?,
            "seq" => seq = body.seq()?,
            "time" => time = body.parse("time", Datetime::parse)?,
            "handle" => handle = body.parse("handle", Handle::parse)?,
            _ => body.reader.skip()?,
        }
    }
    let identity = Identity { did: did.ok_or(missing("did"))?, handle, time: time.ok_or(missing("time"))? };
    Ok(Frame::Event(seq.ok_or(missing("seq"))?, Event::Identity(identity)))
}

fn account(body: &mut Body<'_, '_>) -> Result<Frame, FrameError> {
    let (mut did, mut seq, mut time, mut active, mut status) = (None, None, None, None, None);
    while let Some(key) = body.next()? {
        match key {
            "did" => did = body.parse("did", Did::parse)?,
            "seq" => seq = body.seq()?,
            "time" => time = body.parse("time", Datetime::parse)?,
            "active" => active = Some(body.reader.boolean()?),
            "status" => status = Some(body.reader.text()?.into()),
            _ => body.reader.skip()?,
        }
    }
    let account = Account {
        did: did.ok_or(missing("did"))?,
        active: active.ok_or(missing("active"))?,
        status,
        time: time.ok_or(missing("time"))?,
    };
    Ok(Frame::Event(seq.ok_or(missing("seq"))?, Event::Account(account)))
}

fn info(body: &mut Body<'_, '_>) -> Result<Info, FrameError> {
    let (mut name, mut message) = (None, None);
    while let Some(key) = body.next()? {
        match key {
            "name" => name = body.text()?,
            "message" => message = body.text()?,
            _ => body.reader.skip()?,
        }
    }
    Ok(Info { name: name.ok_or(missing("name"))?, message })
}

fn error(body: &mut Body<'_, '_>) -> Result<StreamError, FrameError> {
    let (mut error, mut message) = (None, None);
    while let Some(key) = body.next()? {
        match key {
            "error" => error = body.text()?,
            "message" => message = body.text()?,
            _ => body.reader.skip()?,
        }
    }
    Ok(StreamError { error: error.ok_or(missing("error"))?, message })
}
