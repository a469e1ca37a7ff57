//! Follows, and answers to them.

use crate::{Hub, HubError, Origin, Relationship};
use landbridge_model::Id;

#[derive(Clone, Debug)]
pub struct FollowOptions {
    pub reposts: bool,
    pub notify: bool,
    pub languages: Vec<String>,
}

impl Default for FollowOptions {
    fn default() -> Self {
        FollowOptions { reposts: true, notify: false, languages: Vec::new() }
    }
}

impl Hub {
    /// Follows somebody (or changes the options of a follow), on every network that both are on.
    pub async fn follow(&self, member: Id, target: Id, options: FollowOptions, origin: Option<Origin>) -> Result<Relationship, HubError> {
        unbuilt!(member, target, options, origin)
    }

    pub async fn unfollow(&self, member: Id, target: Id, origin: Option<Origin>) -> Result<Relationship, HubError> {
        unbuilt!(member, target, origin)
    }

    /// Accepts a request to follow.
    pub async fn accept_follow(&self, member: Id, follower: Id) -> Result<Relationship, HubError> {
        unbuilt!(member, follower)
    }

    /// Declines a request to follow, or ends a follow.
    pub async fn reject_follow(&self, member: Id, follower: Id) -> Result<Relationship, HubError> {
        unbuilt!(member, follower)
    }
}
