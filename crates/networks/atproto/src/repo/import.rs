//! Checking a whole repository that came from somewhere (<https://atproto.com/specs/sync>).

use super::{
    Block, Blocks, Commit, CommitError, MemoryBlocks,
    car::{self, CarError, CarLimits},
    mst::{Tree, TreeError, Walked},
};
use crate::{
    crypto::PublicKey,
    data::{Cid, Record, RecordError},
    syntax::Did,
};
use bytes::Bytes;
use std::{collections::HashSet, sync::Arc};

/// A repository of which everything was checked.
#[derive(Clone, Debug)]
pub struct Imported {
    /// CID of the commit.
    pub head: Cid,
    pub commit: Commit,
    /// Nodes of the tree, each before those below it.
    pub nodes: Vec<Cid>,
    /// Keys in order, and their records.
    pub records: Vec<(Arc<str>, Cid)>,
    /// Records that are in the tree and are no records: kept as bytes, but good for nothing else.
    pub unreadable: Vec<(Arc<str>, RecordError)>,
    /// The commit, the nodes and the records, and nothing else that the file may have had.
    pub blocks: MemoryBlocks,
}

/// A repository that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Car(#[from] CarError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the repository of {0}, not of the account")]
    Owner(Did),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("the record {0} is not in the file")]
    MissingRecord(Arc<str>),
}

/// Reads and checks a CAR file: owner, signature, the whole tree, every hash. `key`: the account's signing key; without
/// it (a backup of an account whose key is lost) the signature is not checked.
pub fn import(
    file: &Bytes,
    limits: CarLimits,
    owner: &Did,
    key: Option<&PublicKey>,
) -> Result<Imported, ImportError> {
    let (root, blocks) = car::read_rooted(file, limits)?;
    verify(root, blocks.into_iter().collect(), owner, key)
}

/// The same for blocks that were read before, and whose hashes were checked.
pub fn verify(
    head: Cid,
    blocks: MemoryBlocks,
    owner: &Did,
    key: Option<&PublicKey>,
) -> Result<Imported, ImportError> {
    let bytes = blocks.get(&head).ok_or(TreeError::Missing(head))?;
    let commit = Commit::decode(&bytes)?;
    if commit.did != *owner {
        return Err(ImportError::Owner(commit.did));
    }
    if let Some(key) = key {
        commit.verify(key)?;
    }
    let mut kept = MemoryBlocks::new();
    kept.insert(Block { cid: head, bytes });
    let (mut nodes, mut records, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let mut checked = HashSet::new();
    for step in Tree::at(commit.data).walk(&blocks) {
        match step? {
            Walked::Node(cid) => {
                let bytes = blocks.get(&cid).ok_or(TreeError::Missing(cid))?;
                kept.insert(Block { cid, bytes });
                nodes.push(cid);
            }
            Walked::Record(key, cid) => {
                let Some(bytes) = blocks.get(&cid) else { return Err(ImportError::MissingRecord(key)) };
                if checked.insert(cid)
                    && let Err(error) = Record::check(&bytes)
                {
                    unreadable.push((key.clone(), error));
                }
                kept.insert(Block { cid, bytes });
                records.push((key, cid));
            }
        }
    }
    Ok(Imported { head, commit, nodes, records, unreadable, blocks: kept })
}
