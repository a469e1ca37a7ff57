//! The event stream of repositories, `com.atproto.sync.subscribeRepos`
//! (<https://atproto.com/specs/event-stream>, <https://atproto.com/specs/sync>).
//!
//! One WebSocket message is one frame: a header and a body, each a map of DAG-CBOR. [`Frame::decode`] reads all of it,
//! [`peek`] only whose it is: most frames of a relay are about nobody whom anyone here follows.

mod decode;
mod encode;
mod event;
mod peek;

pub use encode::Unnumbered;
pub use event::{Account, AccountStatus, CommitEvent, Event, Frame, Identity, Info, StreamError, SyncEvent};
pub use peek::{Peek, peek};

use crate::{data::CborError, syntax::SyntaxError};

/// Longest frame, in bytes.
pub const MAX_FRAME: usize = 5_000_000;

/// Greatest sequence number: above it, JavaScript cannot count.
pub const MAX_SEQ: u64 = (1 << 53) - 1;

/// Bytes that are not a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("more than {MAX_FRAME} bytes")]
    TooLong,
    #[error(transparent)]
    Cbor(#[from] CborError),
    #[error("the header is neither of a message nor of an error")]
    Header,
    #[error("the field {0} is bad: {1}")]
    Syntax(&'static str, SyntaxError),
    #[error("the field {0} is not what it may be")]
    Field(&'static str),
}
