//! The difference of two trees, at a cost that grows with it and not with the trees.

use super::{
    Tree, TreeError,
    node::{Bounds, Link, Node},
};
use crate::{data::Cid, repo::Blocks};
use std::{cmp::Ordering, collections::HashSet, sync::Arc};

/// A key whose record differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: Arc<str>,
    /// The record in the first tree.
    pub before: Option<Cid>,
    /// The record in the second tree.
    pub after: Option<Cid>,
}

/// What it takes to come from one tree to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// In the order of the keys.
    pub changes: Vec<Change>,
    /// Nodes that only the second tree has.
    pub added: Vec<Cid>,
    /// Nodes that only the first tree has.
    pub removed: Vec<Cid>,
}

/// The difference of two sealed trees. Subtrees that they share are not read.
pub fn diff(blocks: &impl Blocks, before: &Tree, after: &Tree) -> Result<Diff, TreeError> {
    let mut changes = Vec::new();
    let mut old = Side::new(before);
    let mut new = Side::new(after);
    loop {
        match (old.items.last(), new.items.last()) {
            (None, None) => break,
            (Some(Item::Tree(a, _)), Some(Item::Tree(b, _))) if a.cid() == b.cid() && a.cid().is_some() => {
                old.items.pop();
                new.items.pop();
            }
            // The higher of two subtrees is opened, until they are level; of a subtree and a record, the subtree.
            (Some(Item::Tree(_, a)), Some(Item::Tree(_, b))) => match height_order(*a, *b) {
                Ordering::Greater => old.open(blocks)?,
                Ordering::Less => new.open(blocks)?,
                Ordering::Equal => {
                    old.open(blocks)?;
                    new.open(blocks)?;
                }
            },
            (Some(Item::Tree(..)), _) => old.open(blocks)?,
            (_, Some(Item::Tree(..))) => new.open(blocks)?,
            (Some(Item::Record(a, _)), Some(Item::Record(b, _))) => match a.cmp(b) {
                Ordering::Less => changes.extend(old.take().map(|(key, was)| changed(key, Some(was), None))),
                Ordering::Greater => changes.extend(new.take().map(|(key, is)| changed(key, None, Some(is)))),
                Ordering::Equal => {
                    if let (Some((key, was)), Some((_, is))) = (old.take(), new.take())
                        && was != is
                    {
                        changes.push(changed(key, Some(was), Some(is)));
                    }
                }
            },
            (Some(Item::Record(..)), None) => {
                changes.extend(old.take().map(|(key, was)| changed(key, Some(was), None)));
            }
            (None, Some(Item::Record(..))) => {
                changes.extend(new.take().map(|(key, is)| changed(key, None, Some(is))));
            }
        }
    }
    let only = |these: &[Cid], those: &[Cid]| {
        let those: HashSet<&Cid> = those.iter().collect();
        these.iter().filter(|cid| !those.contains(cid)).copied().collect()
    };
    Ok(Diff { changes, added: only(&new.opened, &old.opened), removed: only(&old.opened, &new.opened) })
}

fn changed(key: Arc<str>, before: Option<Cid>, after: Option<Cid>) -> Change {
    Change { key, before, after }
}

/// A root's height is not known before it is opened: roots first.
fn height_order(a: Option<u32>, b: Option<u32>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(&b),
    }
}

enum Item {
    Tree(Link, Option<u32>),
    Record(Arc<str>, Cid),
}

/// One of the trees: what is still to be compared, the next last.
struct Side {
    items: Vec<Item>,
    opened: Vec<Cid>,
    last: Option<Arc<str>>,
}

impl Side {
    fn new(tree: &Tree) -> Side {
        Side { items: vec![Item::Tree(tree.root.clone(), None)], opened: Vec::new(), last: None }
    }

    /// Puts what is in the next subtree in its place.
    fn open(&mut self, blocks: &impl Blocks) -> Result<(), TreeError> {
        let Some(Item::Tree(link, height)) = self.items.pop() else { return Ok(()) };
        let before = self.items.iter().rev().find_map(|item| match item {
            Item::Record(key, _) => Some(&**key),
            Item::Tree(..) => None,
        });
        let node: Arc<Node> = link.read(blocks, height, Bounds { after: self.last.as_deref(), before })?;
        self.opened.extend(link.cid());
        let lower = node.height.saturating_sub(1);
        for (at, entry) in node.entries.iter().enumerate().rev() {
            if let Some(right) = node.gap(at + 1) {
                self.items.push(Item::Tree(right.clone(), Some(lower)));
            }
            self.items.push(Item::Record(entry.key.clone(), entry.value));
        }
        if let Some(left) = node.gap(0) {
            self.items.push(Item::Tree(left.clone(), Some(lower)));
        }
        Ok(())
    }

    fn take(&mut self) -> Option<(Arc<str>, Cid)> {
        match self.items.pop() {
            Some(Item::Record(key, cid)) => {
                self.last = Some(key.clone());
                Some((key, cid))
            }
            _ => None,
        }
    }
}
