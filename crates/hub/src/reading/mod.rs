//! What members (and strangers) read: timelines, threads, people, notifications, search.
//!
//! All posts come through [`hydrate`], which decides what a reader sees.

mod copies;
mod hydrate;
mod index;
mod known;
mod lists;
mod markers;
mod notifications;
mod paging;
mod posts;
mod proxy;
mod relationships;
mod resolve;
mod search;
mod state;
mod thread;
mod timelines;

pub use copies::{Copy, DeliveryRecord};
pub use known::KnownCounts;
pub use lists::AccountPosts;
pub use notifications::{Notification, NotificationKind};
pub use search::{Found, SearchOptions};
pub use thread::Thread;
pub use timelines::PublicTimeline;

pub(crate) use hydrate::Filter;
pub(crate) use paging::pairs;
pub(crate) use state::State;
