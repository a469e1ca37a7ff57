//! A whole tree in order.

use super::{
    TreeError,
    node::{Bounds, Link, Node},
};
use crate::{data::Cid, repo::Blocks};
use std::sync::Arc;

/// A step of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Walked {
    /// A node, before everything in it.
    Node(Cid),
    /// A key and its record.
    Record(Arc<str>, Cid),
}

/// Steps through a tree: each node before what is in it, the keys in order. All rules for the tree are held on the way,
/// so a walk without error is a proof that it is well-formed. Memory: one path.
#[derive(Debug)]
pub struct Walk<'a, B> {
    blocks: &'a B,
    start: Option<Link>,
    stack: Vec<Place>,
    /// The last key seen: what follows must be greater.
    last: Option<Arc<str>>,
}

/// A node that is being walked: next is the subtree in the gap, then the key after it.
#[derive(Debug)]
struct Place {
    node: Arc<Node>,
    gap: usize,
    subtree_done: bool,
    before: Option<Arc<str>>,
}

impl<'a, B: Blocks> Walk<'a, B> {
    pub(super) fn new(blocks: &'a B, root: Link) -> Walk<'a, B> {
        Walk { blocks, start: Some(root), stack: Vec::new(), last: None }
    }

    fn enter(
        &mut self,
        link: &Link,
        height: Option<u32>,
        before: Option<Arc<str>>,
    ) -> Result<Walked, TreeError> {
        let bounds = Bounds { after: self.last.as_deref(), before: before.as_deref() };
        let node = link.read(self.blocks, height, bounds)?;
        let cid = link.cid().unwrap_or_else(|| Cid::of_dag_cbor(&node.encode()));
        self.stack.push(Place { node, gap: 0, subtree_done: false, before });
        Ok(Walked::Node(cid))
    }
}

impl<B: Blocks> Iterator for Walk<'_, B> {
    type Item = Result<Walked, TreeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(root) = self.start.take() {
            return Some(self.enter(&root, None, None));
        }
        loop {
            let place = self.stack.last_mut()?;
            let entry = place.node.entries.get(place.gap);
            if !place.subtree_done {
                place.subtree_done = true;
                if let Some(link) = place.node.gap(place.gap) {
                    let link = link.clone();
                    let before = entry.map(|entry| entry.key.clone()).or_else(|| place.before.clone());
                    let height = Some(place.node.height.saturating_sub(1));
                    return Some(self.enter(&link, height, before));
                }
            }
            if let Some(entry) = entry {
                place.subtree_done = false;
                place.gap += 1;
                self.last = Some(entry.key.clone());
                return Some(Ok(Walked::Record(entry.key.clone(), entry.value)));
            }
            self.stack.pop();
        }
    }
}
