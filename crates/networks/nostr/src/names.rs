//! Whether the host of the name that a profile claims says so too (NIP-05). What hosts say, or that they say nothing, is
//! remembered for some minutes. What is only taken in waits for no host, and has none asked for people whom nobody here wants.

use crate::{
    event::{Event, Hex32},
    facts::Facts,
    inbound,
    network::Nostr,
    nips::n05::{self, NoAnswer},
    translate::profile,
};
use landbridge_cache::Cache;
use landbridge_hub::{Hub, HubError, Via, What};
use landbridge_model::{Actor, Field, Network, Time};
use landbridge_store::entities::follows;
use std::{sync::Arc, time::Duration};

/// For so long nobody is asked again whose name it is.
const VERIFIED: Duration = Duration::from_secs(86_400);
/// For so long it is remembered what a host says of a name; of so many names.
const REMEMBERED: Duration = Duration::from_secs(600);
const MOST: u64 = 10_000;

/// A name, and its host.
type Claim = (String, String);

/// What hosts say. Clones share it.
#[derive(Clone)]
pub struct Names {
    answers: Cache<Claim, Result<Option<Hex32>, NoAnswer>>,
    /// Held while a profile is taken in.
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

impl Names {
    pub fn new() -> Names {
        Names { answers: Cache::living(MOST, REMEMBERED), turn: Arc::default() }
    }

    /// Whether the host of a name says that it is this key's; `None`: it does not answer.
    pub async fn is_of(&self, hub: &Hub, key: &Hex32, claim: &Claim) -> Option<bool> {
        let ask = async {
            let said = n05::look_up(hub.fetcher(), &claim.0, &claim.1).await;
            said.map(|found| found.map(|found| found.key))
        };
        let said = self.answers.get_with_async(claim, ask).await;
        said.ok().map(|named| named == Some(*key))
    }

    /// Asks, and writes what that changes of the profile that was taken in.
    async fn verify(&self, hub: &Hub, event: &Event, claim: &Claim) -> Result<(), HubError> {
        let says = self.is_of(hub, &event.pubkey, claim).await;
        if says.is_none() {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let key = event.pubkey.to_string();
        let Some(presence) = hub.presence_by_native(Network::Nostr, &key).await? else { return Ok(()) };
        let mut facts = Facts::of(&presence);
        // A newer one has come meanwhile.
        if facts.profile_id != event.id.to_string() {
            return Ok(());
        }
        let (verified, vouched_by) = settled(event, says, None, &facts);
        facts.vouched_by = vouched_by;
        let domain = hub.config().reserved_domain(Network::Nostr);
        let mut actor = profile::read(&event.pubkey, Some(event), &domain, verified);
        actor.facts = facts.value();
        hub.set_facts(Network::Nostr, &key, actor.facts.clone()).await?;
        let what = What::Profile(Box::new(actor));
        let _ = hub.receive(inbound::incoming(event, Via::Fetched, Some(event.id.to_string()), what)).await;
        Ok(())
    }
}

/// Has the host of the name in a profile that was taken in asked, beside everything else, unless it was lately: for people who
/// are followed here, and for those for whom a host has vouched before.
pub async fn verify_later(
    nostr: &Nostr,
    hub: &Hub,
    event: &Event,
    vouched_before: bool,
) -> Result<(), HubError> {
    let Some(claim) = profile::claimed_name(event) else { return Ok(()) };
    let key = event.pubkey.to_string();
    let Some(actor) = hub.actor_by_native(Network::Nostr, &key).await? else { return Ok(()) };
    let lately = Time::now().minus(VERIFIED);
    let is_fresh =
        field_of(&actor, &claim).is_some_and(|field| field.verified_at.is_some_and(|at| at > lately));
    if is_fresh || actor.is_member() {
        return Ok(());
    }
    if !vouched_before && hub.store().row(follows::any_member_following(actor.id)).await?.is_none() {
        return Ok(());
    }
    let (names, asking, event) = (nostr.names.clone(), hub.clone(), event.clone());
    hub.in_background(async move {
        if let Err(error) = names.verify(&asking, &event, &claim).await {
            tracing::warn!(%error, "whose name it is could not be noted");
        }
    });
    Ok(())
}

/// The name that is verified by a profile, and the host that vouches for its author (empty: none), when the host of what it
/// claims `says` yes, no, or nothing: then what was verified before stays, as long as it is the same.
pub fn settled(
    event: &Event,
    says: Option<bool>,
    known: Option<&Actor>,
    facts: &Facts,
) -> (Option<Field>, String) {
    let Some(claim) = profile::claimed_name(event) else { return (None, String::new()) };
    let field = match says {
        Some(true) => Some(profile::verified(&shown(&claim), Time::now())),
        Some(false) => return (None, String::new()),
        None => known.and_then(|actor| field_of(actor, &claim)).cloned(),
    };
    let is_vouched = field.is_some() || facts.vouched_by == claim.1;
    (field, if is_vouched { claim.1 } else { String::new() })
}

/// What shows on somebody's profile that this very name is theirs.
fn field_of<'a>(actor: &'a Actor, claim: &Claim) -> Option<&'a Field> {
    let claimed = profile::verified(&shown(claim), Time::now());
    let same = |field: &&Field| {
        field.name == claimed.name && field.value == claimed.value && field.verified_at.is_some()
    };
    actor.profile.fields.iter().find(same)
}

/// A name as it is shown: `_@host` stands for the host (NIP-05).
fn shown((name, host): &Claim) -> String {
    if name == "_" { host.clone() } else { format!("{name}@{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn what_a_host_has_said_stays_until_it_says_another_thing() {
        let keys = Keys::generate();
        let claims = |content: &str| {
            keys.sign(Template { created_at: 1, kind: 0, tags: Vec::new(), content: content.into() })
        };
        let (same, other) =
            (claims(r#"{"nip05":"eve@host.example"}"#), claims(r#"{"nip05":"eve@else.example"}"#));
        let facts = Facts { vouched_by: "host.example".into(), ..Facts::default() };
        let host = |event: &Event, says: Option<bool>, facts: &Facts| settled(event, says, None, facts).1;
        assert_eq!(host(&same, None, &facts), "host.example");
        assert_eq!(host(&same, None, &Facts::default()), "");
        assert_eq!(host(&same, Some(false), &facts), "");
        assert_eq!(host(&other, None, &facts), "");
        assert_eq!(host(&other, Some(true), &facts), "else.example");
        assert_eq!(host(&claims("{}"), None, &facts), "");
        let (field, _) = settled(&same, Some(true), None, &facts);
        assert!(field.is_some_and(|field| field.value.text == "eve@host.example"));
    }
}
