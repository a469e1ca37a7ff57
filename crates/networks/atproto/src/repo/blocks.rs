//! Where blocks are read from.

use crate::data::Cid;
use bytes::Bytes;
use std::collections::HashMap;

/// Some bytes and their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub cid: Cid,
    pub bytes: Bytes,
}

impl Block {
    /// A record, tree node or commit.
    pub fn of_dag_cbor(bytes: impl Into<Bytes>) -> Block {
        let bytes = bytes.into();
        Block { cid: Cid::of_dag_cbor(&bytes), bytes }
    }
}

/// A source of blocks. What it gives must have been checked against its CID once; where that cannot be relied upon,
/// heights and the order of keys still are.
pub trait Blocks {
    /// The block, or `None` if it is not here: at all, or not yet.
    fn get(&self, cid: &Cid) -> Option<Bytes>;
}

/// Blocks in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryBlocks {
    blocks: HashMap<Cid, Bytes>,
}

impl MemoryBlocks {
    pub fn new() -> MemoryBlocks {
        MemoryBlocks::default()
    }

    /// Adds a block; whether it is new.
    pub fn insert(&mut self, block: Block) -> bool {
        self.blocks.insert(block.cid, block.bytes).is_none()
    }

    pub fn remove(&mut self, cid: &Cid) -> Option<Bytes> {
        self.blocks.remove(cid)
    }

    pub fn contains(&self, cid: &Cid) -> bool {
        self.blocks.contains_key(cid)
    }

    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Cid, &Bytes)> {
        self.blocks.iter()
    }
}

impl Blocks for MemoryBlocks {
    fn get(&self, cid: &Cid) -> Option<Bytes> {
        self.blocks.get(cid).cloned()
    }
}

impl FromIterator<Block> for MemoryBlocks {
    fn from_iter<I: IntoIterator<Item = Block>>(blocks: I) -> MemoryBlocks {
        MemoryBlocks { blocks: blocks.into_iter().map(|b| (b.cid, b.bytes)).collect() }
    }
}

/// Nothing: for trees that are in memory as a whole.
impl Blocks for () {
    fn get(&self, _: &Cid) -> Option<Bytes> {
        None
    }
}
