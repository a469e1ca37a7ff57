//! What the tests of trees and repositories share.

use ipld_core::{cid::Cid as IpldCid, ipld::Ipld};
use landbridge_atproto::{
    data::Cid,
    repo::{
        MemoryBlocks,
        mst::{Tree, height},
    },
};
use std::collections::BTreeMap;

pub type Model = BTreeMap<String, Cid>;

/// A CID of its own for each number.
pub fn cid(n: u64) -> Cid {
    Cid::of_dag_cbor(&n.to_be_bytes())
}

/// The root of the tree with these keys, straight from the definition and by another encoder: the node of a height holds
/// the keys of that height, and recursively what is between.
pub fn reference_root(model: &Model) -> Cid {
    let entries: Vec<(&str, Cid)> = model.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    let top = entries.iter().map(|(key, _)| height(key)).max().unwrap_or(0);
    node(&entries, top)
}

fn node(entries: &[(&str, Cid)], level: u32) -> Cid {
    let below = |part: &[(&str, Cid)]| {
        if part.is_empty() { Ipld::Null } else { link(node(part, level - 1)) }
    };
    let at: Vec<usize> = (0..entries.len()).filter(|i| height(entries[*i].0) == level).collect();
    let left = below(&entries[..at.first().copied().unwrap_or(entries.len())]);
    let mut last = "";
    let mut list = Vec::new();
    for (n, i) in at.iter().enumerate() {
        let (key, value) = entries[*i];
        let shared = key.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
        let end = at.get(n + 1).copied().unwrap_or(entries.len());
        list.push(Ipld::Map(BTreeMap::from([
            ("k".to_owned(), Ipld::Bytes(key.as_bytes()[shared..].to_vec())),
            ("p".to_owned(), Ipld::Integer(shared as i128)),
            ("t".to_owned(), below(&entries[i + 1..end])),
            ("v".to_owned(), link(value)),
        ])));
        last = key;
    }
    let map = BTreeMap::from([("e".to_owned(), Ipld::List(list)), ("l".to_owned(), left)]);
    Cid::of_dag_cbor(&serde_ipld_dagcbor::to_vec(&Ipld::Map(map)).unwrap())
}

pub fn link(cid: Cid) -> Ipld {
    Ipld::Link(cid.to_string().parse::<IpldCid>().unwrap())
}

/// Seals and stores.
pub fn store(tree: &mut Tree, blocks: &mut MemoryBlocks) -> Cid {
    let sealed = tree.seal();
    for block in sealed.added {
        assert!(block.cid.names(&block.bytes));
        blocks.insert(block);
    }
    for cid in sealed.removed {
        assert!(blocks.remove(&cid).is_some(), "removed, but was not there");
    }
    sealed.root
}

/// Builds and stores a tree.
pub fn build<'a>(keys: impl IntoIterator<Item = &'a str>, value: Cid) -> (Tree, MemoryBlocks) {
    let (mut tree, mut blocks) = (Tree::empty(), MemoryBlocks::new());
    for key in keys {
        assert_eq!(tree.insert(&blocks, key, value), Ok(None));
    }
    store(&mut tree, &mut blocks);
    (tree, blocks)
}
