//! A member's whole repository as a CAR file, made as it is asked for: the commit, then each node before what is in it, and the
//! records in the order of their keys, so that a reader can check while it reads.
//!
//! The tree and the names of the records are taken at one moment; the records themselves, which are most of it, are read in
//! pages while the file goes out. What is written meanwhile does not matter: records of later revs are not looked at. A record
//! that is replaced or deleted before its turn has come ends the file, which is not whole then, and whoever reads it asks
//! again; before the first piece has gone out, the file is begun anew instead.
//!
//! Memory: the nodes of the tree and the names of the records, and two pages of records: the next is read while one goes out.

use crate::{
    data::Cid,
    network::AtProto,
    repo::{
        Commit, MemoryBlocks,
        car::{write_block, write_header},
        mst::{Tree, TreeError, Walked},
    },
};
use bytes::Bytes;
use landbridge_hub::HubError;
use landbridge_model::Id;
use landbridge_store::{
    Query, Row, StoreError,
    entities::atproto_repos::{self, RepoRow},
};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};
use tokio::task::JoinHandle;

/// Bytes that are handed on at once, about.
const PIECE: usize = 256 << 10;
/// Records that are read at once; and where only some of them are wanted.
const PAGE: i64 = 500;
const SOME: i64 = 50;
/// Bytes that are read at once: fewer records, where there are long ones.
const PAGE_BYTES: i64 = 4 << 20;
/// How often a file is begun.
const TRIES: u32 = 4;

const DAMAGED: HubError = HubError::Damaged("a repository");

/// A file that is being made.
pub struct Export {
    actor: Id,
    start: Option<Vec<u8>>,
    /// A piece that was made already.
    first: Option<Bytes>,
    steps: std::vec::IntoIter<Step>,
    /// The rev of the file: what was written later is not of it.
    rev: String,
    page: i64,
    /// All of it: what follows a page is wanted too.
    whole: bool,
    collection: String,
    /// Records of the collection that are read already: key, CID, bytes.
    records: VecDeque<(String, Vec<u8>, Vec<u8>)>,
    /// Those that follow them, being read.
    next: Option<JoinHandle<Result<Vec<Row>, StoreError>>>,
}

enum Step {
    Node(Cid, Bytes),
    Record(Arc<str>, Cid),
}

impl AtProto {
    /// The repository as it is now; `since`: only what is new after that rev. `None`: there is none. Fails with
    /// [`HubError::Busy`] when it is written to so much that not even the first piece can be made.
    pub async fn export(&self, actor: Id, since: Option<&str>) -> Result<Option<Export>, HubError> {
        let mut tries = 1;
        loop {
            let Some(mut export) = self.planned(actor, since).await? else { return Ok(None) };
            match export.make_piece(self).await {
                Ok(first) => return Ok(Some(Export { first, ..export })),
                Err(HubError::Busy) if tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn planned(&self, actor: Id, since: Option<&str>) -> Result<Option<Export>, HubError> {
        let mut queries = vec![
            atproto_repos::of_actor(actor),
            atproto_repos::head_block(actor),
            atproto_repos::longest_record(actor),
        ];
        match since {
            None => queries.push(atproto_repos::nodes(actor)),
            Some(rev) => {
                queries.extend([
                    atproto_repos::nodes_since(actor, rev),
                    atproto_repos::written_since(actor, rev),
                ]);
            }
        }
        let mut answers = self.hub.store().all(queries).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let (row, commit, longest, nodes) = (next().pop(), next().pop(), next().pop(), next());
        let written = since.map(|_| next());
        let Some(mut row) = row else { return Ok(None) };
        let RepoRow { head, rev, .. } = RepoRow::read(&mut row)?;
        let head = Cid::from_bytes(&head).map_err(|_| DAMAGED)?;
        let commit: Vec<u8> = commit.ok_or(DAMAGED)?.get(0)?;
        let longest: i64 = longest.ok_or(DAMAGED)?.get::<Option<i64>>(0)?.unwrap_or(0);
        let whole = written.is_none();
        let page = if whole { PAGE } else { SOME };
        let page = page.min(PAGE_BYTES / longest.max(1)).max(1);
        let planned = tokio::task::spawn_blocking(move || plan(&head, &commit, nodes, written));
        let (start, steps) = planned.await.map_err(|_| DAMAGED)??;
        let (collection, records) = (String::new(), VecDeque::new());
        let (start, steps) = (Some(start), steps.into_iter());
        Ok(Some(Export {
            actor,
            start,
            first: None,
            steps,
            rev,
            page,
            whole,
            collection,
            records,
            next: None,
        }))
    }
}

/// The beginning of the file, and what follows it. `written`: the records that count, if not all of them do; nodes that are not
/// there have not changed then, and neither has what is below them.
fn plan(
    head: &Cid,
    commit: &[u8],
    nodes: Vec<Row>,
    written: Option<Vec<Row>>,
) -> Result<(Vec<u8>, Vec<Step>), HubError> {
    let mut start = Vec::with_capacity(1024);
    write_header(&[*head], &mut start);
    write_block(head, commit, &mut start);
    let data = Commit::decode(commit).map_err(|_| DAMAGED)?.data;
    let mut blocks = MemoryBlocks::new();
    for mut row in nodes {
        let (cid, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let cid = Cid::from_bytes(&cid).map_err(|_| DAMAGED)?;
        blocks.insert(crate::repo::Block { cid, bytes: bytes.into() });
    }
    let some = written.is_some();
    let mut wanted = HashSet::new();
    for mut row in written.unwrap_or_default() {
        let (collection, rkey): (String, String) = (row.get(0)?, row.get(1)?);
        wanted.insert(format!("{collection}/{rkey}"));
    }
    let mut places = Vec::new();
    for step in Tree::at(data).walk(&blocks) {
        match step {
            Ok(Walked::Record(key, _)) if some && !wanted.contains(&*key) => {}
            Ok(step) => places.push(step),
            Err(TreeError::Missing(_)) if some => {}
            Err(_) => return Err(DAMAGED),
        }
    }
    let step = |walked| match walked {
        Walked::Node(cid) => blocks.remove(&cid).map(|bytes| Step::Node(cid, bytes)),
        Walked::Record(key, cid) => Some(Step::Record(key, cid)),
    };
    Ok((start, places.into_iter().filter_map(step).collect()))
}

impl Export {
    /// The next piece of the file; `None`: that was all.
    pub async fn piece(&mut self, at: &AtProto) -> Result<Option<Bytes>, HubError> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.make_piece(at).await,
        }
    }

    async fn make_piece(&mut self, at: &AtProto) -> Result<Option<Bytes>, HubError> {
        let mut out = self.start.take().unwrap_or_else(|| Vec::with_capacity(PIECE + 4096));
        while out.len() < PIECE {
            match self.steps.next() {
                None => break,
                Some(Step::Node(cid, bytes)) => write_block(&cid, &bytes, &mut out),
                Some(Step::Record(key, cid)) => {
                    let bytes = self.record(at, &key, &cid).await?;
                    write_block(&cid, &bytes, &mut out);
                }
            }
        }
        Ok((!out.is_empty()).then(|| out.into()))
    }

    async fn record(&mut self, at: &AtProto, path: &str, cid: &Cid) -> Result<Vec<u8>, HubError> {
        let (collection, rkey) = path.split_once('/').ok_or(DAMAGED)?;
        if self.collection != collection {
            (self.records, self.next) = (VecDeque::new(), None);
            collection.clone_into(&mut self.collection);
        }
        self.skip_to(rkey);
        if self.records.is_empty()
            && let Some(next) = self.next.take()
        {
            self.take_page(at, next.await.map_err(|_| DAMAGED)??)?;
            self.skip_to(rkey);
        }
        if self.records.is_empty() {
            self.take_page(at, at.hub.store().rows(self.page_from(rkey)).await?)?;
        }
        match self.records.pop_front() {
            Some((key, found, bytes)) if key == rkey && found == cid.to_bytes() => Ok(bytes),
            _ => Err(HubError::Busy),
        }
    }

    /// Past those that are not wanted, or came in between.
    fn skip_to(&mut self, rkey: &str) {
        while self.records.front().is_some_and(|(key, ..)| key.as_str() < rkey) {
            self.records.pop_front();
        }
    }

    fn page_from(&self, rkey: &str) -> Query {
        atproto_repos::records_from(self.actor, &self.collection, rkey, &self.rev, self.page)
    }

    /// And begins to read what follows it.
    fn take_page(&mut self, at: &AtProto, rows: Vec<Row>) -> Result<(), HubError> {
        let full = rows.len() as i64 >= self.page;
        for mut row in rows {
            self.records.push_back((row.get(0)?, row.get(1)?, row.get(2)?));
        }
        if let Some((last, ..)) = self.records.back().filter(|_| full && self.whole) {
            let (store, next) = (at.hub.store().clone(), self.page_from(last));
            self.next = Some(tokio::spawn(async move { store.rows(next).await }));
        }
        Ok(())
    }
}
