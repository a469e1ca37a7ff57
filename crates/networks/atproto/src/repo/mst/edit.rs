//! Changing a tree in memory. Every node needed was loaded before ([`super::Tree::cover`]), so nothing can fail halfway.

use super::node::{Entry, Link, Node};
use crate::data::Cid;

pub fn insert(root: &mut Link, key: &str, height: u32, value: Cid, replaced: &mut Vec<Cid>) -> Option<Cid> {
    let top = root.loaded()?;
    if top.is_empty() {
        replaced.extend(root.cid());
        *root = leaf(key, height, value, None, None);
        return None;
    }
    if top.height < height {
        let from = top.height;
        let old = std::mem::replace(root, Link::new(Node::empty()));
        let (left, right) = split(Some(old), key, replaced);
        let lift = |half: Option<Link>| half.map(|half| lift(half, from, height.saturating_sub(1)));
        *root = leaf(key, height, value, lift(left), lift(right));
        return None;
    }
    insert_below(root, key, height, value, replaced)
}

fn insert_below(link: &mut Link, key: &str, height: u32, value: Cid, replaced: &mut Vec<Cid>) -> Option<Cid> {
    let node = link.open(replaced)?;
    let (above, found) = (node.height > height, node.find(key));
    match found {
        Ok(at) => node.entries.get_mut(at).map(|entry| std::mem::replace(&mut entry.value, value)),
        Err(at) if above => {
            let step = node.height - 1;
            match node.gap_mut(at) {
                Some(child) => insert_below(child, key, height, value, replaced),
                gap => {
                    *gap = Some(lift(leaf(key, height, value, None, None), height, step));
                    None
                }
            }
        }
        Err(at) => {
            let (left, right) = split(node.gap_mut(at).take(), key, replaced);
            *node.gap_mut(at) = left;
            node.entries.insert(at, Entry { key: key.into(), value, right });
            None
        }
    }
}

/// Removes a key that is there.
pub fn remove(root: &mut Link, key: &str, replaced: &mut Vec<Cid>) -> Option<Cid> {
    let old = remove_below(root, key, replaced);
    // A root without keys of its own gives way to the only subtree that it can have.
    while let Some(node) = root.loaded()
        && node.entries.is_empty()
        && node.left.is_some()
    {
        let top = std::mem::replace(root, Link::new(Node::empty()));
        if let Some(lower) = top.into_node(replaced).and_then(|node| node.left) {
            *root = lower;
        }
    }
    if root.loaded().is_some_and(|node| node.is_empty()) {
        *root = Link::new(Node::empty());
    }
    old
}

fn remove_below(link: &mut Link, key: &str, replaced: &mut Vec<Cid>) -> Option<Cid> {
    let node = link.open(replaced)?;
    match node.find(key) {
        Ok(at) => {
            let entry = node.entries.remove(at);
            let left = node.gap_mut(at).take();
            *node.gap_mut(at) = merge(left, entry.right, replaced);
            Some(entry.value)
        }
        Err(at) => {
            let gap = node.gap_mut(at);
            let old = remove_below(gap.as_mut()?, key, replaced);
            if gap.as_ref().and_then(Link::loaded).is_some_and(|child| child.is_empty()) {
                *gap = None;
            }
            old
        }
    }
}

/// What is before and what is after a key that is not in the subtree.
fn split(link: Option<Link>, key: &str, replaced: &mut Vec<Cid>) -> (Option<Link>, Option<Link>) {
    let Some(mut node) = link.and_then(|link| link.into_node(replaced)) else { return (None, None) };
    let at = node.find(key).unwrap_or_else(|at| at);
    let entries = node.entries.split_off(at);
    let (left, right) = split(node.gap_mut(at).take(), key, replaced);
    *node.gap_mut(at) = left;
    let after = Node { height: node.height, left: right, entries };
    let kept = |node: Node| (!node.is_empty()).then(|| Link::new(node));
    (kept(node), kept(after))
}

/// One subtree of two neighbours of the same height.
fn merge(left: Option<Link>, right: Option<Link>, replaced: &mut Vec<Cid>) -> Option<Link> {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (one, other) => return one.or(other),
    };
    let (mut node, mut after) = (left.into_node(replaced)?, right.into_node(replaced)?);
    let end = node.entries.len();
    let inner = node.gap_mut(end).take();
    *node.gap_mut(end) = merge(inner, after.left.take(), replaced);
    node.entries.append(&mut after.entries);
    Some(Link::new(node))
}

fn leaf(key: &str, height: u32, value: Cid, left: Option<Link>, right: Option<Link>) -> Link {
    Link::new(Node { height, left, entries: vec![Entry { key: key.into(), value, right }] })
}

/// Puts nodes without keys on top, from one height to another.
fn lift(mut link: Link, from: u32, to: u32) -> Link {
    for height in from + 1..=to {
        link = Link::new(Node { height, left: Some(link), entries: Vec::new() });
    }
    link
}
