//! The Merkle search tree (<https://atproto.com/specs/repository#mst-structure>).
//!
//! A key's height is the number of zero bits at the start of its SHA-256, in pairs; a node holds the keys of one height,
//! and between them the subtrees of lower ones. So the shape follows from the keys alone, whatever was done in
//! whatever order, and a change touches one path: O(log n).
//!
//! A [`Tree`] is a value: cloning it costs nothing, nodes are shared, and loaded when they are needed. [`Tree::insert`]
//! and [`Tree::remove`] change it in memory; [`Tree::seal`] names what is new.

mod cover;
mod diff;
mod edit;
mod key;
mod node;
mod stored;
mod tree;
mod walk;

pub use diff::{Change, Diff, diff};
pub use key::{MAX_KEY, height, is_key, shared_prefix};
pub use node::NodeError;
pub use stored::{Step, Stored};
pub use tree::{Sealed, Tree};
pub use walk::{Walk, Walked};

use crate::data::Cid;

/// A tree that cannot be read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Load the block and try again.
    #[error("the block {0} is not here")]
    Missing(Cid),
    #[error("the tree node {0} is bad: {1}")]
    Node(Cid, NodeError),
    #[error("not a key: 1 to 1024 characters, COLLECTION/RKEY of a-z A-Z 0-9 . : _ ~ -")]
    Key,
}
