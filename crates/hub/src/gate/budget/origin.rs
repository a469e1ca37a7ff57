//! Where a stranger comes from: whose budget a first contact draws from.
//!
//! A host of ActivityPub answers for its people, and a server of repositories for its accounts. A Nostr key answers for
//! nobody and costs nothing, so keys share the budget of the relay that they came by, our own included. Out of such a crowd leads
//! what cannot be had for nothing: work (NIP-13), having been seen here for long, or a member who follows.

use landbridge_model::{Actor, Network, Time};
use std::time::Duration;

/// Bits of work that open a lane of its own (NIP-13): seconds of a processor for each message.
const WORK: u8 = 20;
/// Seen here for so long, somebody is no throw-away key.
const KNOWN: Duration = Duration::from_secs(30 * 86_400);
/// Bytes; longer names end here.
const LONGEST: usize = 200;

/// By whom something was brought here, as far as its network knows.
#[derive(Clone, Debug, Default)]
pub struct Carrier {
    /// Host of the relay, or of the server of repositories. `None`: the author's own server, or a client of our relay.
    pub host: Option<String>,
    /// Bits of work that were put into this very message; 0 where there is none.
    pub work: u8,
}

/// The word is stored: `host:`, `pds:` or `relay:` with a name; or a lane of a network, without a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// `network`: `None` of somebody who is a member of this server. `followed`: a member follows the stranger.
    pub fn of(
        network: Option<Network>,
        stranger: &Actor,
        carrier: &Carrier,
        followed: bool,
        now: Time,
    ) -> Origin {
        let Some(network) = network else {
            return Origin(if followed { "followed:here" } else { "host:ours" }.to_owned());
        };
        if followed {
            return Origin(format!("followed:{}", network.key()));
        }
        let name = |name: &str| {
            name.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>().to_lowercase()
        };
        match network {
            Network::ActivityPub => {
                Origin(format!("host:{}", name(stranger.domain.as_deref().unwrap_or_default())))
            }
            Network::AtProto => Origin(format!("pds:{}", name(carrier.host.as_deref().unwrap_or("unknown")))),
            _ if carrier.work >= WORK => Origin(format!("work:{}", network.key())),
            _ if stranger.id.time() < now.minus(KNOWN) => Origin(format!("known:{}", network.key())),
            _ => Origin(format!("relay:{}", name(carrier.host.as_deref().unwrap_or("ours")))),
        }
    }

    /// As it was stored.
    pub fn stored(key: &str) -> Origin {
        Origin(key.to_owned())
    }

    pub fn key(&self) -> &str {
        &self.0
    }

    /// Whether it is a crowd that has paid for its lane, or is known: what comes by it is not counted among newcomers.
    pub fn is_lane(&self) -> bool {
        ["followed:", "work:", "known:"].iter().any(|lane| self.0.starts_with(lane))
    }
}

/// The host that an operator's rule can be about.
pub fn host_of_origin(origin: &str) -> Option<&str> {
    let (kind, name) = origin.split_once(':')?;
    let host = ["host", "pds", "relay"].contains(&kind) && !["", "ours", "unknown"].contains(&name);
    // A rule is about a host whatever its port.
    host.then(|| name.rsplit_once(':').map_or(name, |(host, _)| host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_about_hosts() {
        assert_eq!(host_of_origin("host:example.org"), Some("example.org"));
        assert_eq!(host_of_origin("relay:relay.example:7777"), Some("relay.example"));
        for none in ["relay:ours", "pds:unknown", "work:nostr", "known:nostr", "host:", ""] {
            assert_eq!(host_of_origin(none), None, "{none}");
        }
    }
}
