//! Whole repositories as CAR files (<https://atproto.com/specs/sync#repo-exports>).

use super::{
    Blocks, Commit, CommitError, car,
    mst::{Tree, TreeError, Walk, Walked, diff},
};
use crate::data::Cid;
use std::collections::HashSet;

/// A repository that cannot be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// The pieces of a CAR file, made as they are asked for: the header with the commit, then each node before what is in
/// it, keys and records in order ("preorder"), so that a reader can check while it reads. Memory: one piece.
#[derive(Debug)]
pub struct Export<'a, B> {
    blocks: &'a B,
    walk: Option<Walk<'a, B>>,
    start: Option<Vec<u8>>,
    /// Bytes to which small blocks are put together.
    piece: usize,
}

/// The repository under a commit.
pub fn export<'a, B: Blocks>(blocks: &'a B, commit: Cid) -> Result<Export<'a, B>, ExportError> {
    let bytes = blocks.get(&commit).ok_or(TreeError::Missing(commit))?;
    let data = Commit::decode(&bytes)?.data;
    let mut start = Vec::with_capacity(1024);
    car::write_header(&[commit], &mut start);
    car::write_block(&commit, &bytes, &mut start);
    Ok(Export { blocks, walk: Some(Tree::at(data).walk(blocks)), start: Some(start), piece: 64 << 10 })
}

impl<B: Blocks> Export<'_, B> {
    fn add(&self, cid: &Cid, out: &mut Vec<u8>) -> Result<(), TreeError> {
        let bytes = self.blocks.get(cid).ok_or(TreeError::Missing(*cid))?;
        car::write_block(cid, &bytes, out);
        Ok(())
    }
}

impl<B: Blocks> Iterator for Export<'_, B> {
    type Item = Result<Vec<u8>, TreeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut out = self.start.take().unwrap_or_else(|| Vec::with_capacity(self.piece + 4096));
        while out.len() < self.piece {
            let Some(step) = self.walk.as_mut().and_then(Walk::next) else {
                self.walk = None;
                break;
            };
            let added = step.and_then(|step| match step {
                Walked::Node(cid) | Walked::Record(_, cid) => self.add(&cid, &mut out),
            });
            if let Err(error) = added {
                self.walk = None;
                return Some(Err(error));
            }
        }
        (!out.is_empty()).then_some(Ok(out))
    }
}

/// What is new in a commit since an older tree: `getRepo` with `since`. Nodes that both have are left out, and so are
/// records that the older one had under the same key.
pub fn export_since(blocks: &impl Blocks, commit: Cid, older: Cid) -> Result<Vec<u8>, ExportError> {
    let bytes = blocks.get(&commit).ok_or(TreeError::Missing(commit))?;
    let data = Commit::decode(&bytes)?.data;
    let diff = diff(blocks, &Tree::at(older), &Tree::at(data))?;
    let mut out = Vec::new();
    car::write_header(&[commit], &mut out);
    car::write_block(&commit, &bytes, &mut out);
    let mut seen = HashSet::new();
    let new = diff.added.iter().copied().chain(diff.changes.iter().filter_map(|change| change.after));
    for cid in new.filter(|cid| seen.insert(*cid)) {
        let bytes = blocks.get(&cid).ok_or(TreeError::Missing(cid))?;
        car::write_block(&cid, &bytes, &mut out);
    }
    Ok(out)
}
