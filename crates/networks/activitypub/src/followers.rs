//! Follower synchronisation (FEP-8fcf): two servers compare, with each delivery that is for followers only, who of the
//! one follows whom of the other, and put right what got lost.
//!
//! It is for servers where all actors of an authority share one store. That is so here: nothing else answers under the
//! origin that a server is configured with.

use crate::ActivityPub;
use crate::urls::Urls;
use crate::vocab::{PUBLIC, authority, same_authority};
use landbridge_hub::{Hub, HubError};
use landbridge_model::{Id, Network};
use std::collections::HashMap;
use std::sync::Arc;

/// Name of the header, in lower case.
pub(crate) const HEADER: &str = "collection-synchronization";

/// Digests of one member's followers, by the authority that they are on.
pub(crate) type Digests = Arc<HashMap<String, String>>;

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Id of the whole collection.
    pub(crate) collection: String,
    /// Where the part that concerns the receiver is to be had.
    pub(crate) url: String,
    /// XOR of the SHA-256 of the receiver's actors in it, as hex.
    pub(crate) digest: String,
}

impl Claim {
    /// Reads the header; `None` when it is not complete.
    pub(crate) fn read(header: &str) -> Option<Claim> {
        let mut found = HashMap::new();
        for part in header.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            found.insert(name.trim(), value.trim().trim_matches('"').to_owned());
        }
        let mut take = |name: &str| found.remove(name);
        Some(Claim { collection: take("collectionId")?, url: take("url")?, digest: take("digest")? })
    }

    fn write(&self) -> String {
        format!(r#"collectionId="{}", url="{}", digest="{}""#, self.collection, self.url, self.digest)
    }
}

/// XOR of the SHA-256 of each id, as lower-case hex: the order does not matter.
pub(crate) fn digest<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut sum = [0_u8; 32];
    for id in ids {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id.as_bytes());
        sum.iter_mut().zip(hash.as_ref()).for_each(|(sum, byte)| *sum ^= byte);
    }
    hex::encode(sum)
}

impl ActivityPub {
    /// The header for one delivery, when that is for followers only.
    pub(crate) async fn followers_header(
        &self,
        hub: &Hub,
        member: Id,
        inbox: &str,
        body: &[u8],
    ) -> Result<Option<String>, HubError> {
        if contains(body, PUBLIC) || !contains(body, "/followers\"") {
            return Ok(None);
        }
        let urls = Urls::new(hub);
        let name = hub.actor(member).await?.username;
        let collection = urls.of_actor(&name, "followers");
        if !contains(body, &collection) {
            return Ok(None);
        }
        let digests = self.follower_digests(hub, member).await?;
        let digest = authority(inbox).and_then(|host| digests.get(host));
        let url = urls.of_actor(&name, "followers_synchronization");
        Ok(digest.map(|digest| Claim { collection, url, digest: digest.clone() }.write()))
    }

    async fn follower_digests(&self, hub: &Hub, member: Id) -> Result<Digests, HubError> {
        if let Some(known) = self.follower_digests.get(&member) {
            return Ok(known);
        }
        let presences = hub.follower_presences(member, Network::ActivityPub).await?;
        let mut by_host: HashMap<&str, Vec<&str>> = HashMap::new();
        for presence in &presences {
            if let Some(host) = authority(&presence.native_id) {
                by_host.entry(host).or_default().push(&presence.native_id);
            }
        }
        let digests = by_host.into_iter().map(|(host, ids)| (host.to_owned(), digest(ids)));
        let digests: Digests = Arc::new(digests.collect());
        self.follower_digests.insert(member, digests.clone());
        Ok(digests)
    }

    /// Compares what a sender believes of its followers here with what is known here, and asks for their list where
    /// that differs. Not more than once in a while for each sender.
    pub(crate) async fn compare_followers(
        &self,
        hub: &Hub,
        actor: &str,
        claim: &Claim,
    ) -> Result<(), HubError> {
        let Some(presence) = hub.presence_by_native(Network::ActivityPub, actor).await? else {
            return Ok(());
        };
        let facts: crate::translate::Facts = serde_json::from_value(presence.facts).unwrap_or_default();
        if facts.followers.as_ref() != Some(&claim.collection) || !same_authority(&claim.url, actor) {
            return Ok(());
        }
        let urls = Urls::new(hub);
        let here = hub.follower_presences(presence.actor, Network::ActivityPub).await?;
        let here = here.iter().map(|p| p.native_id.as_str()).filter(|id| urls.is_ours(id));
        if digest(here) == claim.digest.to_ascii_lowercase() || self.compared.get(actor).is_some() {
            return Ok(());
        }
        self.compared.insert(actor.to_owned(), ());
        let Some(listed) = self.whole_collection(hub, &claim.url).await else { return Ok(()) };
        let mut members = Vec::new();
        for id in listed.iter().filter(|id| urls.is_ours(id)) {
            members.extend(hub.presence_by_native(Network::ActivityPub, id).await?.map(|p| p.actor));
        }
        metrics::counter!("activitypub_followers_compared_total").increment(1);
        hub.settle_followers(Network::ActivityPub, presence.actor, &members).await
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_it_is_written() {
        let claim = Claim {
            collection: "https://a.example/u/followers".into(),
            url: "https://a.example/u/followers_synchronization".into(),
            digest: digest(["https://b.example/1", "https://b.example/2"]),
        };
        assert_eq!(Claim::read(&claim.write()), Some(claim));
        assert_eq!(Claim::read("collectionId=\"x\", url=\"y\""), None);
        assert_eq!(Claim::read(""), None);
    }

    #[test]
    fn digests_of_the_proposal() {
        // The example of the FEP.
        let ids = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"];
        let sum = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f";
        assert_eq!(digest(ids), sum);
        assert_eq!(digest(ids.into_iter().rev()), sum);
        assert_eq!(digest([]), "0".repeat(64));
    }
}
