//! What arrives: `POST /inbox` and `POST /users/{name}/inbox` (ActivityPub, 5.2 and 7).
//!
//! Verify, read, hand over to the hub; the answer is 202 only when the hub has it durably. Where an activity is read:
//!
//! | activity | file |
//! |---|---|
//! | Create, Update | `create.rs` |
//! | Delete | `delete.rs` |
//! | Announce | `announce.rs` |
//! | Like, EmojiReact, Dislike, Follow, Block, Flag, Move, Add, Remove | `simple.rs` |
//! | Accept, Reject, QuoteRequest | `answer.rs` |
//! | Undo | `undo.rs` |
//! | whatever its sender did not sign | `forwarded.rs` |

mod announce;
mod answer;
mod create;
mod delete;
mod forwarded;
mod inbox;
mod read;
mod simple;
mod undo;
mod verify;

pub(crate) use inbox::Answer;
pub(crate) use read::{Cx, Not};
pub(crate) use verify::Denied;
