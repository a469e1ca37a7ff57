//! The nodes that a change of one key touches, before or after it.

use super::{
    Tree, TreeError, is_key,
    node::{Bounds, Link, Node},
};
use crate::{
    data::Cid,
    repo::{Block, Blocks},
};
use std::{collections::HashSet, sync::Arc};

impl Tree {
    /// Loads and shows the nodes on the way to the key, and on along both its sides to the bottom: what putting in or
    /// taking out the key needs. (The "covering proof" of the sync specification.)
    pub(super) fn cover(
        &self,
        blocks: &impl Blocks,
        key: &str,
        mut see: impl FnMut(&Link),
    ) -> Result<(), TreeError> {
        if !is_key(key) {
            return Err(TreeError::Key);
        }
        cover(&self.root, blocks, key, None, Bounds::default(), &mut see)
    }

    /// The blocks from the root to the key, or to where it would be: they prove its record, or that there is none.
    pub fn path_blocks(&self, blocks: &impl Blocks, key: &str) -> Result<Vec<Block>, TreeError> {
        let mut found = Vec::new();
        self.path(blocks, key, |node| found.push(Block::of_dag_cbor(node.encode())))?;
        Ok(found)
    }

    /// The block of the root. The tree must be sealed.
    pub fn root_block(&self, blocks: &impl Blocks) -> Result<Option<Block>, TreeError> {
        let node = self.root.read(blocks, None, Bounds::default())?;
        Ok(self.root.cid().map(|cid| Block { cid, bytes: node.encode().into() }))
    }

    /// The blocks that are needed to invert changes of these keys in this tree, each once. The tree must be sealed.
    pub fn cover_blocks<'a>(
        &self,
        blocks: &impl Blocks,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Block>, TreeError> {
        let mut seen: HashSet<Cid> = HashSet::new();
        let mut found = Vec::new();
        for key in keys {
            self.cover(blocks, key, |link| {
                if let (Some(cid), Some(node)) = (link.cid(), link.loaded())
                    && seen.insert(cid)
                {
                    found.push(Block { cid, bytes: node.encode().into() });
                }
            })?;
        }
        Ok(found)
    }
}

fn cover(
    link: &Link,
    blocks: &impl Blocks,
    key: &str,
    height: Option<u32>,
    bounds: Bounds<'_>,
    see: &mut impl FnMut(&Link),
) -> Result<(), TreeError> {
    let node: &Arc<Node> = link.load(blocks, height, bounds)?;
    see(link);
    let lower = Some(node.height.saturating_sub(1));
    let gaps = match node.find(key) {
        // Below the key its two sides are apart; each is followed towards the key.
        Ok(at) => at..=at + 1,
        Err(at) => at..=at,
    };
    for at in gaps {
        if let Some(child) = node.gap(at) {
            cover(child, blocks, key, lower, node.bounds(at, bounds), see)?;
        }
    }
    Ok(())
}
