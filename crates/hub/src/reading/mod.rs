//! What members (and strangers) read: timelines, threads, people, notifications, search.

mod copies;
mod lists;
mod notifications;
mod posts;
mod search;
mod thread;
mod timelines;

pub use copies::{Copy, DeliveryRecord};
pub use lists::AccountPosts;
pub use notifications::{Notification, NotificationKind};
pub use search::{Found, SearchOptions};
pub use thread::Thread;
pub use timelines::PublicTimeline;
