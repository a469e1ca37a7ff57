//! A member's whole repository as a CAR file, made as it is asked for: the commit, then each node before what is in it, and the
//! records in the order of their keys, so that a reader can check while it reads.
//!
//! The tree is taken at one moment; the records, which are most of it, are read in pages while the file goes out. What is written
//! meanwhile does not matter: records of later revs are not looked at. A record that is replaced or deleted before its turn has come
//! ends the file, which is not whole then, and whoever reads it asks again; before the first piece has gone out, the file is begun
//! anew instead.
//!
//! Memory: the nodes of the tree, and two pages of records: the next is read while one goes out.

use crate::{
    data::Cid,
    network::AtProto,
    repo::{
        Block, Commit, MemoryBlocks,
        car::{write_block, write_header},
        mst::{Step, Stored, TreeError},
    },
};
use bytes::Bytes;
use landbridge_hub::HubError;
use landbridge_model::Id;
use landbridge_store::{
    Packed, Query, Row, StoreError,
    entities::atproto_repos::{self, RepoRow},
};
use std::collections::HashSet;
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
    tree: Stored,
    /// The records that count, where not all of them do. Nodes that are not there have not changed then, and neither has what is
    /// below them.
    written: Option<HashSet<String>>,
    /// The rev of the file: what was written later is not of it.
    rev: String,
    page: i64,
    collection: String,
    /// Records of the collection that are read already: key, CID, bytes.
    records: Packed,
    /// How many of them have gone out, or were not wanted.
    past: usize,
    /// Those that follow them, being read.
    next: Option<JoinHandle<Result<Packed, StoreError>>>,
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
        let page = if since.is_none() { PAGE } else { SOME };
        let page = page.min(PAGE_BYTES / longest.max(1)).max(1);
        let begun = tokio::task::spawn_blocking(move || {
            let mut start = Vec::with_capacity(PIECE + 4096);
            write_header(&[head], &mut start);
            write_block(&head, &commit, &mut start);
            let data = Commit::decode(&commit).map_err(|_| DAMAGED)?.data;
            let nodes: MemoryBlocks = nodes.into_iter().map(node).collect::<Result<_, HubError>>()?;
            let written = written.map(|rows| rows.into_iter().map(path).collect()).transpose()?;
            Ok::<_, HubError>((start, Stored::new(nodes, data), written))
        });
        let (start, tree, written) = begun.await.map_err(|_| DAMAGED)??;
        Ok(Some(Export {
            actor,
            start: Some(start),
            first: None,
            tree,
            written,
            rev,
            page,
            collection: String::new(),
            records: Packed::default(),
            past: 0,
            next: None,
        }))
    }
}

fn node(mut row: Row) -> Result<Block, HubError> {
    let (cid, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let cid = Cid::from_bytes(&cid).map_err(|_| DAMAGED)?;
    Ok(Block { cid, bytes: bytes.into() })
}

fn path(mut row: Row) -> Result<String, HubError> {
    let (collection, rkey): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(format!("{collection}/{rkey}"))
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
            let Some(step) = self.tree.next() else { break };
            match (step, &self.written) {
                (Ok(Step::Node(Block { cid, bytes })), _) => write_block(&cid, &bytes, &mut out),
                (Ok(Step::Record(key, _)), Some(written)) if !written.contains(&*key) => {}
                (Ok(Step::Record(key, cid)), _) => {
                    self.find(at, &key, &cid).await?;
                    write_block(&cid, self.records.get(self.past, 2), &mut out);
                    self.past += 1;
                }
                (Err(TreeError::Missing(_)), Some(_)) => {}
                (Err(_), _) => return Err(DAMAGED),
            }
        }
        Ok((!out.is_empty()).then(|| out.into()))
    }

    /// The record is the first that is left.
    async fn find(&mut self, at: &AtProto, path: &str, cid: &Cid) -> Result<(), HubError> {
        let (collection, rkey) = path.split_once('/').ok_or(DAMAGED)?;
        if self.collection != collection {
            (self.records, self.past, self.next) = (Packed::default(), 0, None);
            collection.clone_into(&mut self.collection);
        }
        self.skip_to(rkey);
        if self.past == self.records.len()
            && let Some(next) = self.next.take()
        {
            self.take_page(at, next.await.map_err(|_| DAMAGED)??);
            self.skip_to(rkey);
        }
        if self.past == self.records.len() {
            self.take_page(at, at.hub.store().packed(self.page_from(rkey)).await?);
        }
        let found = |column| self.records.get(self.past, column);
        let is_it = found(0) == rkey.as_bytes() && Cid::from_bytes(found(1)) == Ok(*cid);
        if is_it { Ok(()) } else { Err(HubError::Busy) }
    }

    /// Past those that are not wanted, or came in between.
    fn skip_to(&mut self, rkey: &str) {
        while self.past < self.records.len() && self.records.get(self.past, 0) < rkey.as_bytes() {
            self.past += 1;
        }
    }

    fn page_from(&self, rkey: &str) -> Query {
        atproto_repos::records_from(self.actor, &self.collection, rkey, &self.rev, self.page)
    }

    /// And begins to read what follows it, if all records are wanted.
    fn take_page(&mut self, at: &AtProto, page: Packed) {
        let full = page.len() as i64 >= self.page;
        (self.records, self.past) = (page, 0);
        let last = self.records.get(self.records.len().saturating_sub(1), 0);
        if full && self.written.is_none() {
            let (store, next) = (at.hub.store().clone(), self.page_from(&String::from_utf8_lossy(last)));
            self.next = Some(tokio::spawn(async move { store.packed(next).await }));
        }
    }
}
