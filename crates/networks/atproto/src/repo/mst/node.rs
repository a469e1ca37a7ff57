//! One node, in memory and as its block.

use super::{MAX_KEY, TreeError, height, is_key, shared_prefix};
use crate::{
    data::{
        CborError, Cid,
        cbor::{Reader, Writer},
    },
    repo::Blocks,
};
use std::sync::{Arc, OnceLock};

/// Longest block of a node that is read, in bytes. An ordinary one has some hundred.
const MAX_NODE: usize = 1 << 20;

/// A block that is not a node in its one canonical form, or not in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    #[error(transparent)]
    Cbor(#[from] CborError),
    #[error("more than {MAX_NODE} bytes")]
    TooLong,
    #[error("a key that is none")]
    Key,
    #[error("a key's shared prefix is not all that it shares")]
    Prefix,
    #[error("keys out of order, or outside the place of the node")]
    Order,
    #[error("a key of another height")]
    Height,
    #[error("no keys, where there must be some")]
    Empty,
}

/// The keys of one height between two keys of greater height.
#[derive(Clone, Debug)]
pub struct Node {
    pub height: u32,
    /// The subtree before the first key.
    pub left: Option<Link>,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub key: Arc<str>,
    pub value: Cid,
    /// The subtree between this key and the next.
    pub right: Option<Link>,
}

/// A node by name, in memory, or both. Without a name it was changed since the last sealing, and is in memory.
#[derive(Clone, Debug)]
pub struct Link {
    cid: Option<Cid>,
    node: OnceLock<Arc<Node>>,
}

/// The keys between which all keys of a subtree must be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds<'a> {
    pub after: Option<&'a str>,
    pub before: Option<&'a str>,
}

impl Link {
    /// A node that is somewhere else.
    pub fn to(cid: Cid) -> Link {
        Link { cid: Some(cid), node: OnceLock::new() }
    }

    /// A new node.
    pub fn new(node: Node) -> Link {
        Link { cid: None, node: OnceLock::from(Arc::new(node)) }
    }

    pub fn cid(&self) -> Option<Cid> {
        self.cid
    }

    /// The node, and keeps it. `height`: what it must have; a root tells itself.
    pub fn load(
        &self,
        blocks: &impl Blocks,
        height: Option<u32>,
        bounds: Bounds<'_>,
    ) -> Result<&Arc<Node>, TreeError> {
        if let Some(node) = self.node.get() {
            return Ok(node);
        }
        let node = self.read(blocks, height, bounds)?;
        Ok(self.node.get_or_init(|| node))
    }

    /// The node, without keeping it: for walks over whole trees.
    pub fn read(
        &self,
        blocks: &impl Blocks,
        height: Option<u32>,
        bounds: Bounds<'_>,
    ) -> Result<Arc<Node>, TreeError> {
        if let Some(node) = self.node.get() {
            return Ok(node.clone());
        }
        // A link without a name has its node.
        let cid = self.cid.unwrap_or_else(|| Cid::of_dag_cbor(&[]));
        let bytes = blocks.get(&cid).ok_or(TreeError::Missing(cid))?;
        let node = Node::decode(&bytes, height, bounds).map_err(|error| TreeError::Node(cid, error))?;
        Ok(Arc::new(node))
    }

    /// The node to be changed; its name goes to `replaced`. It must have been loaded.
    pub fn open(&mut self, replaced: &mut Vec<Cid>) -> Option<&mut Node> {
        replaced.extend(self.cid.take());
        self.node.get_mut().map(Arc::make_mut)
    }

    /// The same, taking it out.
    pub fn into_node(self, replaced: &mut Vec<Cid>) -> Option<Node> {
        replaced.extend(self.cid);
        self.node.into_inner().map(Arc::unwrap_or_clone)
    }

    /// The node, if it is in memory.
    pub fn loaded(&self) -> Option<&Arc<Node>> {
        self.node.get()
    }

    /// Names the node and all below that have no name, the lower first.
    pub fn seal(&mut self, see: &mut impl FnMut(Cid, Vec<u8>)) -> Cid {
        if let Some(cid) = self.cid {
            return cid;
        }
        let bytes = match self.node.get_mut() {
            Some(node) => {
                let node = Arc::make_mut(node);
                for link in node.links_mut() {
                    link.seal(see);
                }
                node.encode()
            }
            None => Vec::new(),
        };
        let cid = Cid::of_dag_cbor(&bytes);
        self.cid = Some(cid);
        see(cid, bytes);
        cid
    }
}

impl Node {
    /// The node of a tree without keys.
    pub fn empty() -> Node {
        Node { height: 0, left: None, entries: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.left.is_none() && self.entries.is_empty()
    }

    /// Where the key is, or the gap where it would be: gap 0 is before the first key.
    pub fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| (*entry.key).cmp(key))
    }

    /// The subtree in a gap.
    pub fn gap(&self, at: usize) -> Option<&Link> {
        match at.checked_sub(1) {
            None => self.left.as_ref(),
            Some(before) => self.entries.get(before).and_then(|entry| entry.right.as_ref()),
        }
    }

    pub fn gap_mut(&mut self, at: usize) -> &mut Option<Link> {
        match at.checked_sub(1).and_then(|before| self.entries.get_mut(before)) {
            None => &mut self.left,
            Some(entry) => &mut entry.right,
        }
    }

    /// Where the keys of the subtree in a gap must be.
    pub fn bounds<'a>(&'a self, at: usize, outer: Bounds<'a>) -> Bounds<'a> {
        let key = |at: usize| self.entries.get(at).map(|entry| &*entry.key);
        Bounds { after: at.checked_sub(1).and_then(key).or(outer.after), before: key(at).or(outer.before) }
    }

    fn links_mut(&mut self) -> impl Iterator<Item = &mut Link> {
        self.left.iter_mut().chain(self.entries.iter_mut().filter_map(|entry| entry.right.as_mut()))
    }

    /// The block. All links must have names.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(64 + 160 * self.entries.len());
        out.map(2).text("e").list(self.entries.len());
        let mut last = "";
        for entry in &self.entries {
            let shared = shared_prefix(last, &entry.key);
            let rest = entry.key.as_bytes().get(shared..).unwrap_or_default();
            out.map(4).text("k").bytes(rest).text("p").int(shared as i64);
            out.text("t").nullable_link(entry.right.as_ref().and_then(|link| link.cid.as_ref()));
            out.text("v").link(&entry.value);
            last = &entry.key;
        }
        out.text("l").nullable_link(self.left.as_ref().and_then(|link| link.cid.as_ref()));
        out.into_bytes()
    }

    /// Reads a block, in its one form only. `height`: what the keys must have; for a root, what they have.
    pub fn decode(bytes: &[u8], height: Option<u32>, bounds: Bounds<'_>) -> Result<Node, NodeError> {
        let (left, entries) = Node::parse(bytes)?;
        let mut own = height;
        for entry in &entries {
            if !is_key(&entry.key) {
                return Err(NodeError::Key);
            }
            let of_key = self::height(&entry.key);
            if *own.get_or_insert(of_key) != of_key {
                return Err(NodeError::Height);
            }
        }
        let node = Node { height: own.unwrap_or(0), left, entries };
        node.check_place(height, bounds)?;
        Ok(node)
    }

    /// The form alone, as the first subtree and the entries: which keys may be where is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<(Option<Link>, Vec<Entry>), NodeError> {
        if bytes.len() > MAX_NODE {
            return Err(NodeError::TooLong);
        }
        let mut reader = Reader::new(bytes);
        expect(&mut reader, b"\xa2\x61e", "e")?;
        let len = reader.list()?;
        let mut entries = Vec::with_capacity(len.min(64));
        let mut key = String::new();
        for _ in 0..len {
            entries.push(entry(&mut reader, &mut key)?);
        }
        expect(&mut reader, b"\x61l", "l")?;
        let left = reader.nullable(Reader::link)?.map(Link::to);
        reader.end()?;
        Ok((left, entries))
    }

    fn check_place(&self, height: Option<u32>, bounds: Bounds<'_>) -> Result<(), NodeError> {
        // A node below may have no key of its own, as a step to lower ones; a root only if the tree has none.
        let may_be_without_keys = if height.is_some() { self.left.is_some() } else { self.left.is_none() };
        if self.entries.is_empty() && !may_be_without_keys {
            return Err(NodeError::Empty);
        }
        let deep = self.left.is_some() || self.entries.iter().any(|entry| entry.right.is_some());
        if deep && self.height == 0 {
            return Err(NodeError::Height);
        }
        let (first, last) = (self.entries.first(), self.entries.last());
        let inside = first.is_none_or(|entry| bounds.after.is_none_or(|after| after < &*entry.key))
            && last.is_none_or(|entry| bounds.before.is_none_or(|before| &*entry.key < before));
        if inside { Ok(()) } else { Err(NodeError::Order) }
    }
}

/// The four and two fields of a node are always all there, so that their names stand between the same bytes each time.
fn expect(reader: &mut Reader<'_>, bytes: &[u8], field: &'static str) -> Result<(), NodeError> {
    if reader.literal(bytes) { Ok(()) } else { Err(CborError::Missing(field).into()) }
}

/// `key`: the one before; then that of this entry.
fn entry(reader: &mut Reader<'_>, key: &mut String) -> Result<Entry, NodeError> {
    expect(reader, b"\xa4\x61k", "k")?;
    let rest = std::str::from_utf8(reader.bytes()?).map_err(|_| NodeError::Key)?;
    expect(reader, b"\x61p", "p")?;
    let shared = usize::try_from(reader.int()?).map_err(|_| NodeError::Prefix)?;
    expect(reader, b"\x61t", "t")?;
    let right = reader.nullable(Reader::link)?.map(Link::to);
    expect(reader, b"\x61v", "v")?;
    let value = reader.link()?;
    if !key.is_char_boundary(shared) {
        return Err(NodeError::Prefix);
    }
    // Before it is made: a short block could say that each of its keys is as long as the block.
    if shared + rest.len() > MAX_KEY {
        return Err(NodeError::Key);
    }
    if !key.is_empty() {
        // The keys differ right behind what they share, and the later one is greater there.
        match (key.as_bytes().get(shared), rest.as_bytes().first()) {
            (Some(before), Some(after)) if before == after => return Err(NodeError::Prefix),
            (Some(before), Some(after)) if before > after => return Err(NodeError::Order),
            (_, None) => return Err(NodeError::Order),
            _ => {}
        }
    }
    key.truncate(shared);
    key.push_str(rest);
    Ok(Entry { key: key.as_str().into(), value, right })
}
