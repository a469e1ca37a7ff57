//! Repositories (<https://atproto.com/specs/repository>): a tree of records under a signed commit.
//!
//! - [`mst`]: the tree.
//! - [`Commit`]: its signed root.
//! - [`Repo`]: stages writes; everything that a commit adds, removes and announces comes out as a value.
//! - [`car`]: the file format of exports and of the firehose.
//! - [`export`], [`import`]: whole repositories; [`proof`]: one record.
//! - [`verify`]: what relays do with a `#commit`: check it, and invert its operations (sync 1.1).
//!
//! Nothing here waits. Trees load their nodes from a [`Blocks`]; if a block is not there, the error names it: load it and
//! try again, nothing has changed.

mod blocks;
pub mod car;
mod commit;
pub mod export;
pub mod import;
pub mod mst;
pub mod proof;
mod stage;
pub mod verify;

pub use blocks::{Block, Blocks, MemoryBlocks};
pub use commit::{Commit, CommitError};
pub use stage::{MAX_OPS, Repo, RepoOp, StageError, Staged, Write};
