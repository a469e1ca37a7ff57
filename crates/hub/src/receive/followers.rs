//! Two servers have compared who here follows somebody there (the network has asked for their list): what got lost on
//! the way is put right.

use crate::{ActKind, Hub, HubError, publish, publish::Reach};
use landbridge_model::{Actor, Id, Network, Time};
use landbridge_store::{
    Write,
    entities::{follows, home},
};
use std::time::Duration;

/// A follow as young as this may not have reached the other side's list yet.
const FRESH: Duration = Duration::from_secs(60);
/// Listed members who say at once that they do not follow; the others do so the next time.
const DISOWNED: usize = 100;

impl Hub {
    /// `listed`: the members who follow `target`, as its server says. Whoever is not listed follows no longer; whoever is
    /// listed and has asked to follow was accepted; whoever is listed and does not follow says so to the other side.
    pub async fn settle_followers(
        &self,
        network: Network,
        target: Id,
        listed: &[Id],
    ) -> Result<(), HubError> {
        let target = self.actor(target).await?;
        let young = Time::now().minus(FRESH);
        for member in self.member_followers(target.id).await? {
            let row = self.follow_row(member, target.id).await?;
            let Some(row) = row.filter(|row| !listed.contains(&member) && row.at < young) else { continue };
            let mut write = Write::from(publish::ended_changes(&row));
            write.push(home::forget_author(member, target.id));
            self.store().write(write).await?;
            self.relations_changed(member, target.id);
        }
        let mut disowned = 0;
        for member in listed {
            let member = self.actor(*member).await?;
            if member.is_member() && self.disowns(&member, &target, young).await? && disowned < DISOWNED {
                disowned += 1;
                let kind = ActKind::Unfollow { id: self.ids().next(), target: target.clone() };
                self.commit(&member, kind, None, Reach::Only(vec![network]), Vec::new()).await?;
            }
        }
        Ok(())
    }

    /// Whether a listed member does not follow. One who has asked to follow was accepted, as it turns out.
    async fn disowns(&self, member: &Actor, target: &Actor, young: Time) -> Result<bool, HubError> {
        let Some(row) = self.follow_row(member.id, target.id).await? else { return Ok(true) };
        if !row.accepted && row.at < young {
            let mut write = Write::from(follows::accept(member.id, target.id));
            write.extend(publish::accepted_changes(member.id, target.id));
            self.store().write(write).await?;
            self.relations_changed(member.id, target.id);
        }
        Ok(false)
    }
}
