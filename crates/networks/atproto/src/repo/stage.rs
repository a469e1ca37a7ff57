//! Writing: what a commit adds, removes and announces, as a value that one transaction can store.

use super::{
    Block, Blocks, Commit, car,
    mst::{Tree, TreeError},
};
use crate::{
    crypto::{CryptoError, SigningKey},
    data::{Cid, MAX_RECORD},
    syntax::{Did, Nsid, RecordKey, Tid},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// Most writes in one commit.
pub const MAX_OPS: usize = 200;

/// Most bytes of blocks that go with a commit on the firehose.
pub const MAX_CAR: usize = 2_000_000;

/// A repository at some commit. A value: staging gives the next one.
#[derive(Clone, Debug)]
pub struct Repo {
    did: Did,
    head: Cid,
    rev: Tid,
    data: Cid,
    tree: Tree,
}

/// A write to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// There must be no such record yet.
    Create(Nsid, RecordKey, Block),
    /// There must be such a record.
    Update(Nsid, RecordKey, Block),
    /// There must be such a record.
    Delete(Nsid, RecordKey),
}

/// What a commit did to one record, as the firehose tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoOp {
    /// `COLLECTION/RKEY`.
    pub path: Arc<str>,
    /// The record after it; `None`: deleted.
    pub cid: Option<Cid>,
    /// The record before it; `None`: created.
    pub prev: Option<Cid>,
}

/// A commit that is made and not stored yet.
#[derive(Clone, Debug)]
pub struct Staged {
    /// The repository after it.
    pub repo: Repo,
    pub commit: Commit,
    /// The rev before; `None` for the first commit.
    pub since: Option<Tid>,
    /// The root of the tree before; `None` for the first commit.
    pub prev_data: Option<Cid>,
    /// In the order of the paths, each path once.
    pub ops: Vec<RepoOp>,
    /// To be stored: nodes, the commit, records.
    pub added: Vec<Block>,
    /// Nodes and the commit that nothing refers to any more. Records are not here: another key may have the same.
    pub removed: Vec<Cid>,
    /// For the firehose: commit, records, and what is needed to invert the operations.
    pub blocks: Vec<Block>,
}

/// A write that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Sign(#[from] CryptoError),
    #[error("more than {MAX_OPS} writes in one commit")]
    TooManyOps,
    #[error("a record of more than {MAX_RECORD} bytes")]
    RecordTooLong,
    #[error("more than {MAX_CAR} bytes of blocks in one commit")]
    TooLong,
    #[error("there is a record {0} already")]
    Exists(Arc<str>),
    #[error("there is no record {0}")]
    NotFound(Arc<str>),
    #[error("the rev is not greater than the one before")]
    Rev,
}

impl Repo {
    /// A new repository without records, with its first commit.
    pub fn create(did: Did, rev: Tid, key: &SigningKey) -> Result<Staged, StageError> {
        finish(&(), did, Tree::empty(), Vec::new(), rev, key, None)
    }

    /// The repository at a commit that is stored.
    pub fn open(head: Cid, commit: &Commit) -> Repo {
        Repo {
            did: commit.did.clone(),
            head,
            rev: commit.rev,
            data: commit.data,
            tree: Tree::at(commit.data),
        }
    }

    pub fn did(&self) -> &Did {
        &self.did
    }

    /// CID of the commit.
    pub fn head(&self) -> Cid {
        self.head
    }

    pub fn rev(&self) -> Tid {
        self.rev
    }

    /// Root of the tree.
    pub fn data(&self) -> Cid {
        self.data
    }

    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Does the writes, in order, and signs the result. Writes to one path count together. Nothing to write gives an
    /// empty commit, as after a change of the key.
    pub fn stage(
        &self,
        blocks: &impl Blocks,
        writes: &[Write],
        rev: Tid,
        key: &SigningKey,
    ) -> Result<Staged, StageError> {
        if writes.len() > MAX_OPS {
            return Err(StageError::TooManyOps);
        }
        if rev <= self.rev {
            return Err(StageError::Rev);
        }
        let mut tree = self.tree.clone();
        let mut touched: BTreeMap<Arc<str>, (Option<Cid>, Option<&Block>)> = BTreeMap::new();
        for write in writes {
            let (path, record) = write.parts();
            if record.is_some_and(|block| block.bytes.len() > MAX_RECORD) {
                return Err(StageError::RecordTooLong);
            }
            let before = tree.get(blocks, &path)?;
            match (write, before) {
                (Write::Create(..), Some(_)) => return Err(StageError::Exists(path)),
                (Write::Update(..) | Write::Delete(..), None) => return Err(StageError::NotFound(path)),
                _ => {}
            }
            match record {
                Some(block) => tree.insert(blocks, &path, block.cid)?,
                None => tree.remove(blocks, &path)?,
            };
            touched.entry(path).or_insert((before, None)).1 = record;
        }
        let ops = touched.into_iter().map(|(path, (prev, record))| (path, prev, record));
        let ops = ops.filter(|(_, prev, record)| *prev != record.map(|block| block.cid)).collect();
        finish(blocks, self.did.clone(), tree, ops, rev, key, Some(self))
    }
}

fn finish(
    blocks: &impl Blocks,
    did: Did,
    mut tree: Tree,
    ops: Vec<(Arc<str>, Option<Cid>, Option<&Block>)>,
    rev: Tid,
    key: &SigningKey,
    before: Option<&Repo>,
) -> Result<Staged, StageError> {
    let sealed = tree.seal();
    let commit = Commit::sign(did.clone(), rev, sealed.root, key)?;
    let head = commit.block();

    let mut seen = HashSet::new();
    let records = ops.iter().filter_map(|(_, _, record)| record.cloned());
    let records: Vec<Block> = records.filter(|block| seen.insert(block.cid)).collect();
    let mut announced = vec![head.clone()];
    announced.extend(tree.cover_blocks(blocks, ops.iter().map(|(path, ..)| &**path))?);
    // An empty commit still shows its tree.
    if ops.is_empty() {
        announced.extend(tree.root_block(blocks)?);
    }
    seen.extend(announced.iter().map(|block| block.cid));
    announced.extend(sealed.added.iter().filter(|block| seen.insert(block.cid)).cloned());
    announced.extend(records.iter().cloned());
    if announced.iter().map(|block| block.bytes.len() + 40).sum::<usize>() > MAX_CAR {
        return Err(StageError::TooLong);
    }

    let mut added = sealed.added;
    added.extend(records);
    let mut removed = sealed.removed;
    removed.extend(before.map(|repo| repo.head));
    added.push(head.clone());
    let ops = ops.into_iter().map(|(path, prev, record)| RepoOp { path, cid: record.map(|b| b.cid), prev });
    Ok(Staged {
        ops: ops.collect(),
        repo: Repo { did, head: head.cid, rev, data: sealed.root, tree },
        commit,
        since: before.map(|repo| repo.rev),
        prev_data: before.map(|repo| repo.data),
        added,
        removed,
        blocks: announced,
    })
}

impl Staged {
    /// The CAR of a `#commit`.
    pub fn car(&self) -> Vec<u8> {
        car::write(&self.repo.head, &self.blocks)
    }

    /// The CAR of a `#sync`: the commit alone.
    pub fn sync_car(&self) -> Vec<u8> {
        car::write(&self.repo.head, self.blocks.first())
    }
}

impl Write {
    /// The path, and the record if there is one after it.
    fn parts(&self) -> (Arc<str>, Option<&Block>) {
        let path = |collection: &Nsid, rkey: &RecordKey| format!("{collection}/{rkey}").into();
        match self {
            Write::Create(collection, rkey, record) | Write::Update(collection, rkey, record) => {
                (path(collection, rkey), Some(record))
            }
            Write::Delete(collection, rkey) => (path(collection, rkey), None),
        }
    }
}
