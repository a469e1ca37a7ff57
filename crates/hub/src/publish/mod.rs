//! What members do, one file an act. Each act is checked, staged by the networks it reaches, and written once.

mod block;
mod delete;
mod edit;
mod follow;
mod pin;
mod post;
mod react;
mod repost;
mod vote;

pub use follow::FollowOptions;
pub use post::NetworkPreview;
