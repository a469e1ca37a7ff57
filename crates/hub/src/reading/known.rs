//! What is known of others, in numbers.

use crate::{Hub, HubError};
use landbridge_model::{Id, Network};
use landbridge_store::entities::actors;

/// How much is here.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownCounts {
    /// Written by members.
    pub posts: u64,
    /// Other hosts.
    pub domains: u64,
}

impl Hub {
    /// Hosts of people who are known here, without the reserved names of ours.
    pub async fn peers(&self) -> Result<Vec<String>, HubError> {
        let mut peers = Vec::new();
        for mut row in self.store().rows(actors::domains()).await? {
            let domain: String = row.get(0)?;
            if !self.is_reserved(&domain) {
                peers.push(domain);
            }
        }
        Ok(peers)
    }

    pub async fn known_counts(&self) -> Result<KnownCounts, HubError> {
        let mut numbers = Vec::new();
        for rows in self.store().all(vec![actors::count_posts(), actors::count_domains()]).await? {
            for mut row in rows {
                numbers.push(u64::try_from(row.get::<i64>(0)?).unwrap_or(0));
            }
        }
        let at = |i: usize| numbers.get(i).copied().unwrap_or(0);
        Ok(KnownCounts { posts: at(0), domains: at(1) })
    }

    /// Asks the networks of somebody elsewhere for their latest posts. Not more than once in some minutes.
    pub async fn freshen(&self, actor: Id) -> Result<(), HubError> {
        if self.actor(actor).await?.is_member() || !self.reading().may_freshen(actor) {
            return Ok(());
        }
        for presence in self.presences(actor).await? {
            if let Ok(translator) = self.translator(presence.network) {
                let recent = translator.recent(self, &presence.native_id).await?;
                self.take_in(recent).await;
            }
        }
        Ok(())
    }

    fn is_reserved(&self, domain: &str) -> bool {
        (1..=6).filter_map(Network::from_i64).any(|n| self.config().reserved_domain(n) == domain)
    }
}
