//! The tree as its users see it.

use super::{
    TreeError, edit, height, is_key,
    node::{Bounds, Link, Node},
    walk::Walk,
};
use crate::{
    data::Cid,
    repo::{Block, Blocks},
};
use std::{collections::HashSet, sync::Arc};

/// A tree: sorted keys, each with the CID of a record.
///
/// It keeps the nodes that its changes touched, so that the next one reads nothing twice. To give the memory back, take
/// a fresh one of the same root ([`Tree::at`]).
#[derive(Clone, Debug)]
pub struct Tree {
    pub(super) root: Link,
    /// Names of nodes that were changed since the last sealing.
    pub(super) replaced: Vec<Cid>,
}

/// What was new when a tree was sealed.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub root: Cid,
    /// Nodes that the tree did not have at the sealing before, the lower first.
    pub added: Vec<Block>,
    /// Nodes that it no longer has.
    pub removed: Vec<Cid>,
}

impl Tree {
    /// The tree without keys.
    pub fn empty() -> Tree {
        Tree { root: Link::new(Node::empty()), replaced: Vec::new() }
    }

    /// The tree under a root that is stored; nothing is read yet.
    pub fn at(root: Cid) -> Tree {
        Tree { root: Link::to(root), replaced: Vec::new() }
    }

    /// The root, unless the tree was changed and not sealed since.
    pub fn root(&self) -> Option<Cid> {
        self.root.cid()
    }

    /// The record of a key.
    pub fn get(&self, blocks: &impl Blocks, key: &str) -> Result<Option<Cid>, TreeError> {
        let mut found = None;
        self.path(blocks, key, |node| {
            found = node.find(key).ok().and_then(|at| node.entries.get(at)).map(|entry| entry.value);
        })?;
        Ok(found)
    }

    /// The nodes from the root to the key, or to where it would be; nothing is kept.
    pub(super) fn path(
        &self,
        blocks: &impl Blocks,
        key: &str,
        mut see: impl FnMut(&Arc<Node>),
    ) -> Result<(), TreeError> {
        if !is_key(key) {
            return Err(TreeError::Key);
        }
        let mut node = self.root.read(blocks, None, Bounds::default())?;
        // Bounds outlive the nodes that they come from.
        let (mut after, mut before): (Option<Arc<str>>, Option<Arc<str>>) = (None, None);
        loop {
            see(&node);
            let Err(at) = node.find(key) else { return Ok(()) };
            let Some(link) = node.gap(at) else { return Ok(()) };
            if let Some(entry) = at.checked_sub(1).and_then(|at| node.entries.get(at)) {
                after = Some(entry.key.clone());
            }
            if let Some(entry) = node.entries.get(at) {
                before = Some(entry.key.clone());
            }
            let bounds = Bounds { after: after.as_deref(), before: before.as_deref() };
            let lower = link.read(blocks, Some(node.height.saturating_sub(1)), bounds)?;
            node = lower;
        }
    }

    /// Sets the record of a key; gives what it was. If it fails, the tree is as it was.
    pub fn insert(&mut self, blocks: &impl Blocks, key: &str, value: Cid) -> Result<Option<Cid>, TreeError> {
        self.cover(blocks, key, |_| ())?;
        Ok(edit::insert(&mut self.root, key, height(key), value, &mut self.replaced))
    }

    /// Removes a key; gives what its record was. If it fails, the tree is as it was.
    pub fn remove(&mut self, blocks: &impl Blocks, key: &str) -> Result<Option<Cid>, TreeError> {
        self.cover(blocks, key, |_| ())?;
        if self.get(blocks, key)?.is_none() {
            return Ok(None);
        }
        Ok(edit::remove(&mut self.root, key, &mut self.replaced))
    }

    /// Names all nodes; gives those that are new, and the names of those that are no longer there.
    pub fn seal(&mut self) -> Sealed {
        let mut added = Vec::new();
        let root = self.root.seal(&mut |cid, bytes| added.push(Block { cid, bytes: bytes.into() }));
        let before: HashSet<Cid> = self.replaced.drain(..).collect();
        let after: HashSet<Cid> = added.iter().map(|block| block.cid).collect();
        // What was changed and changed back.
        added.retain(|block| !before.contains(&block.cid));
        Sealed { root, added, removed: before.difference(&after).copied().collect() }
    }

    /// Everything in it, in the order of the keys.
    pub fn walk<'a, B: Blocks>(&self, blocks: &'a B) -> Walk<'a, B> {
        Walk::new(blocks, self.root.clone())
    }
}
