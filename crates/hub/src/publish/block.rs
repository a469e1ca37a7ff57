//! Blocks and mutes.

use crate::{Hub, HubError, Relationship};
use landbridge_model::Id;
use std::time::Duration;

impl Hub {
    /// Hides both from each other, ends follows both ways, and tells the networks where that is private.
    pub async fn block(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        unbuilt!(member, target)
    }

    pub async fn unblock(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        unbuilt!(member, target)
    }

    /// Hides somebody from the member alone. No network is told.
    pub async fn mute(&self, member: Id, target: Id, notifications: bool, duration: Option<Duration>) -> Result<Relationship, HubError> {
        unbuilt!(member, target, notifications, duration)
    }

    pub async fn unmute(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        unbuilt!(member, target)
    }

    /// The member's own words about somebody, for nobody else.
    pub async fn set_note(&self, member: Id, target: Id, note: &str) -> Result<Relationship, HubError> {
        unbuilt!(member, target, note)
    }

    /// The member's own rule against a host: its people are hidden and follows from there end.
    pub async fn block_domain(&self, member: Id, domain: &str, on: bool) -> Result<(), HubError> {
        unbuilt!(member, domain, on)
    }

    /// Reports somebody to the moderators here, and to those of the other side when `forward`.
    pub async fn report(&self, member: Id, target: Id, posts: &[Id], comment: &str, category: &str, forward: bool) -> Result<Id, HubError> {
        unbuilt!(member, target, posts, comment, category, forward)
    }
}
