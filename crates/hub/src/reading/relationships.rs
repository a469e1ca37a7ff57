//! What lies between a member and others.

use crate::{Hub, HubError, Relationship};
use landbridge_model::{Id, Time};
use landbridge_store::entities::{
    follows::{self, FollowRow},
    relations,
};
use std::collections::HashMap;

impl Hub {
    pub async fn relationship(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        self.relationships(member, &[target]).await?.pop().ok_or(HubError::NotFound)
    }

    /// In the order asked; people who are not known are left out.
    pub async fn relationships(&self, member: Id, targets: &[Id]) -> Result<Vec<Relationship>, HubError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let questions =
            vec![relations::between(member, targets, Time::now()), follows::between(member, targets)];
        let mut answers = self.store().all(questions).await?.into_iter();
        let mut found: HashMap<Id, Relationship> = HashMap::with_capacity(targets.len());
        for mut row in answers.next().unwrap_or_default() {
            let target = row.get(0)?;
            let relationship = Relationship {
                target,
                blocking: row.get(1)?,
                blocked_by: row.get(2)?,
                domain_blocking: row.get(3)?,
                note: row.get::<Option<String>>(4)?.unwrap_or_default(),
                muting_notifications: row.get::<Option<bool>>(5)?.unwrap_or(false),
                muting_expires_at: row.get(6)?,
                muting: row.get::<Option<Id>>(7)?.is_some(),
                ..Relationship::default()
            };
            found.insert(target, relationship);
        }
        for mut row in answers.next().unwrap_or_default() {
            let follow = FollowRow::read(&mut row)?;
            let outward = follow.follower == member;
            let Some(r) = found.get_mut(if outward { &follow.target } else { &follow.follower }) else {
                continue;
            };
            match (outward, follow.accepted) {
                (true, accepted) => {
                    (r.following, r.requested) = (accepted, !accepted);
                    (r.showing_reposts, r.notifying) = (follow.reposts, follow.notify);
                    r.languages = follow.languages;
                }
                (false, accepted) => (r.followed_by, r.requested_by) = (accepted, !accepted),
            }
        }
        Ok(targets.iter().filter_map(|id| found.get(id).cloned()).collect())
    }
}
