//! A tree that was written here, taken apart in order.

use super::{
    TreeError,
    node::{Entry, Node},
};
use crate::{
    data::Cid,
    repo::{Block, MemoryBlocks},
};
use std::sync::Arc;

/// Steps through a tree in the order of [`super::Walk`], and takes each node out of the blocks when its turn has come. The places
/// of the keys were checked when they were written, and are believed. A node that is not there is an error in its place, with what
/// is below it; everything else comes all the same. Memory: the nodes whose turn has yet to come.
#[derive(Debug)]
pub struct Stored {
    blocks: MemoryBlocks,
    stack: Vec<Place>,
}

/// Within a node: next is the subtree, then the entries that are left.
#[derive(Debug)]
struct Place {
    subtree: Option<Cid>,
    entries: std::vec::IntoIter<Entry>,
}

/// A step: a node before everything in it, or a key with the name of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Node(Block),
    Record(Arc<str>, Cid),
}

impl Stored {
    pub fn new(blocks: MemoryBlocks, root: Cid) -> Stored {
        Stored { blocks, stack: vec![Place { subtree: Some(root), entries: Vec::new().into_iter() }] }
    }

    fn enter(&mut self, cid: Cid) -> Result<Step, TreeError> {
        let bytes = self.blocks.remove(&cid).ok_or(TreeError::Missing(cid))?;
        let (left, entries) = Node::parse(&bytes).map_err(|error| TreeError::Node(cid, error))?;
        let subtree = left.and_then(|link| link.cid());
        self.stack.push(Place { subtree, entries: entries.into_iter() });
        Ok(Step::Node(Block { cid, bytes }))
    }
}

impl Iterator for Stored {
    type Item = Result<Step, TreeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let place = self.stack.last_mut()?;
            if let Some(cid) = place.subtree.take() {
                return Some(self.enter(cid));
            }
            if let Some(entry) = place.entries.next() {
                place.subtree = entry.right.and_then(|link| link.cid());
                return Some(Ok(Step::Record(entry.key, entry.value)));
            }
            self.stack.pop();
        }
    }
}
