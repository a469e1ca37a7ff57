//! Our things in the network's words.

mod activity;
mod actor;
mod collection;
mod context;
mod note;

pub use activity::{activity, undo};
pub use actor::{ActorParts, actor, actor_stub, instance_actor};
pub use collection::{collection, collection_page, tombstone};
pub(crate) use context::add_context;
pub use context::with_context;
pub use note::{Mentioned, NoteParts, note, receivers};
