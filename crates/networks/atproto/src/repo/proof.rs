//! Proofs of one record (<https://atproto.com/specs/sync>, `com.atproto.sync.getRecord`): the commit, the nodes on the way
//! to the key, and the record, or the way to where it would be.

use super::{
    Block, Blocks, Commit, CommitError, MemoryBlocks,
    car::{self, CarError, CarLimits},
    export::ExportError,
    mst::{Tree, TreeError},
};
use crate::{crypto::PublicKey, data::Cid, syntax::Did};
use bytes::Bytes;

/// A proof that proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error(transparent)]
    Car(#[from] CarError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("of the repository of {0}, not of the account")]
    Owner(Did),
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// What a proof says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    pub commit: Commit,
    /// The record, or `None` if there is none.
    pub record: Option<Block>,
}

/// A CAR file that proves what is under a key (`COLLECTION/RKEY`).
pub fn prove(blocks: &impl Blocks, commit: Cid, key: &str) -> Result<Vec<u8>, ExportError> {
    let head = Block { cid: commit, bytes: blocks.get(&commit).ok_or(TreeError::Missing(commit))? };
    let tree = Tree::at(Commit::decode(&head.bytes)?.data);
    let mut found = vec![head];
    found.extend(tree.path_blocks(blocks, key)?);
    if let Some(cid) = tree.get(blocks, key)? {
        found.push(Block { cid, bytes: blocks.get(&cid).ok_or(TreeError::Missing(cid))? });
    }
    Ok(car::write(&commit, &found))
}

/// Checks such a file.
pub fn check(file: &Bytes, owner: &Did, signer: &PublicKey, key: &str) -> Result<Proven, ProofError> {
    let (root, blocks) = car::read_rooted(file, CarLimits::COMMIT)?;
    let blocks: MemoryBlocks = blocks.into_iter().collect();
    let commit = Commit::decode(&blocks.get(&root).ok_or(TreeError::Missing(root))?)?;
    if commit.did != *owner {
        return Err(ProofError::Owner(commit.did));
    }
    commit.verify(signer)?;
    let record = match Tree::at(commit.data).get(&blocks, key)? {
        Some(cid) => Some(Block { cid, bytes: blocks.get(&cid).ok_or(TreeError::Missing(cid))? }),
        None => None,
    };
    Ok(Proven { commit, record })
}
