//! Checking one commit of the firehose without the repository (sync 1.1, <https://atproto.com/specs/sync>): the blocks
//! that come with it are enough to undo its operations, and the tree must then be the one before.

use super::{
    Block, Blocks, Commit, CommitError, MAX_OPS, MemoryBlocks, RepoOp,
    car::{self, CarError, CarLimits},
    mst::{Tree, TreeError},
};
use crate::{
    crypto::PublicKey,
    data::Cid,
    syntax::{Did, Tid},
};
use bytes::Bytes;
use landbridge_model::Time;
use std::{collections::HashSet, sync::Arc, time::Duration};

/// How far ahead of our clock the rev of a commit may be: clocks differ.
pub const MAX_AHEAD: Duration = Duration::from_secs(300);

/// A commit as it was announced.
#[derive(Clone, Debug)]
pub struct Announced<'a> {
    pub repo: &'a Did,
    pub rev: Tid,
    pub since: Option<Tid>,
    /// CID of the commit.
    pub commit: Cid,
    pub prev_data: Option<Cid>,
    pub ops: &'a [RepoOp],
    /// CAR.
    pub blocks: Bytes,
}

/// The state of a repository as it was last verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub rev: Tid,
    pub data: Cid,
}

/// A commit that was checked.
#[derive(Clone, Debug)]
pub struct Verified {
    pub commit: Commit,
    /// For each operation, in order, the record that it leaves.
    pub records: Vec<Option<Block>>,
}

/// A commit that is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Car(#[from] CarError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("what is announced is not what the commit says: {0}")]
    Mismatch(&'static str),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("more than {MAX_OPS} operations")]
    TooManyOps,
    #[error("the operation on {0} does not fit the tree, or is there twice")]
    Op(Arc<str>),
    #[error("the record {0} is not with it")]
    MissingRecord(Arc<str>),
    #[error("no root of the tree before: it cannot be inverted")]
    NoPrevData,
    #[error("undone, the tree is not the one before")]
    Inversion,
    #[error("the rev is in the future")]
    Future,
    /// An old one again: drop it.
    #[error("not newer than what is known")]
    Stale,
    /// Something was missed: the repository must be fetched again, or a `#sync` awaited.
    #[error("does not follow what is known")]
    Gap,
}

/// Checks all of a commit: that the account signed it, that it follows what is known (if anything is), that its
/// operations are all there is between the two trees, and that their records are with it. `now`: our clock.
pub fn verify(
    announced: &Announced<'_>,
    key: &PublicKey,
    known: Option<Known>,
    now: Time,
) -> Result<Verified, VerifyError> {
    if announced.ops.len() > MAX_OPS {
        return Err(VerifyError::TooManyOps);
    }
    let (commit, blocks) = read(announced)?;
    check_time(commit.rev, now)?;
    if let Some(known) = known {
        if announced.rev <= known.rev {
            return Err(VerifyError::Stale);
        }
        if announced.since != Some(known.rev) || announced.prev_data != Some(known.data) {
            return Err(VerifyError::Gap);
        }
    }
    let before = invert(&blocks, commit.data, announced.ops)?;
    match announced.prev_data {
        Some(prev) if prev == before => {}
        // The first commit has nothing before it.
        None if announced.since.is_none() && before == Tree::empty().seal().root => {}
        None => return Err(VerifyError::NoPrevData),
        Some(_) => return Err(VerifyError::Inversion),
    }
    let records = records(&blocks, announced.ops)?;
    // The costly part last: what is refused before costs little.
    commit.verify(key)?;
    Ok(Verified { commit, records })
}

/// A rev from the future would make every honest one after it look old.
fn check_time(rev: Tid, now: Time) -> Result<(), VerifyError> {
    let latest = u64::try_from(now.plus(MAX_AHEAD).0).unwrap_or(0).saturating_mul(1000);
    if rev.micros() > latest { Err(VerifyError::Future) } else { Ok(()) }
}

fn read(announced: &Announced<'_>) -> Result<(Commit, MemoryBlocks), VerifyError> {
    let (root, blocks) = car::read_rooted(&announced.blocks, CarLimits::COMMIT)?;
    if root != announced.commit {
        return Err(VerifyError::Mismatch("commit"));
    }
    let blocks: MemoryBlocks = blocks.into_iter().collect();
    let commit = Commit::decode(&blocks.get(&root).ok_or(TreeError::Missing(root))?)?;
    if commit.did != *announced.repo {
        return Err(VerifyError::Mismatch("did"));
    }
    if commit.rev != announced.rev {
        return Err(VerifyError::Mismatch("rev"));
    }
    if announced.since.is_some_and(|since| since >= announced.rev) {
        return Err(VerifyError::Mismatch("since"));
    }
    Ok((commit, blocks))
}

/// Checks of a commit that cannot be checked further (it has too little with it, or does not follow what is known) that the
/// account signed it at least: nothing is to be asked of anybody because of what somebody else made up.
pub fn verify_signed(announced: &Announced<'_>, key: &PublicKey, now: Time) -> Result<Commit, VerifyError> {
    let (commit, _) = read(announced)?;
    check_time(commit.rev, now)?;
    commit.verify(key)?;
    Ok(commit)
}

/// The root of the tree as it was before the operations.
pub fn invert(blocks: &impl Blocks, data: Cid, ops: &[RepoOp]) -> Result<Cid, VerifyError> {
    let mut tree = Tree::at(data);
    let mut seen = HashSet::new();
    for op in ops {
        let bad = || VerifyError::Op(op.path.clone());
        if !seen.insert(&op.path) || op.cid.is_none() && op.prev.is_none() {
            return Err(bad());
        }
        let found = match op.prev {
            Some(prev) => tree.insert(blocks, &op.path, prev)?,
            None => tree.remove(blocks, &op.path)?,
        };
        if found != op.cid {
            return Err(bad());
        }
    }
    Ok(tree.seal().root)
}

fn records(blocks: &MemoryBlocks, ops: &[RepoOp]) -> Result<Vec<Option<Block>>, VerifyError> {
    let record = |op: &RepoOp| match op.cid {
        None => Ok(None),
        Some(cid) => match blocks.get(&cid) {
            Some(bytes) => Ok(Some(Block { cid, bytes })),
            None => Err(VerifyError::MissingRecord(op.path.clone())),
        },
    };
    ops.iter().map(record).collect()
}

/// Checks a `#sync`: the commit alone, signed by the account; the repository is to be fetched if it is not this one.
pub fn verify_sync(
    repo: &Did,
    rev: Tid,
    blocks: &Bytes,
    key: &PublicKey,
    now: Time,
) -> Result<(Cid, Commit), VerifyError> {
    let (root, found) = car::read_rooted(blocks, CarLimits::COMMIT)?;
    let head = found.iter().find(|block| block.cid == root).ok_or(TreeError::Missing(root))?;
    let commit = Commit::decode(&head.bytes)?;
    if commit.did != *repo {
        return Err(VerifyError::Mismatch("did"));
    }
    if commit.rev != rev {
        return Err(VerifyError::Mismatch("rev"));
    }
    check_time(rev, now)?;
    commit.verify(key)?;
    Ok((root, commit))
}
