//! The open networks that a member can be on.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An open network. The number is stored; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i64)]
pub enum Network {
    ActivityPub = 1,
    Nostr = 2,
    AtProto = 3,
    Xmpp = 4,
    Matrix = 5,
    Email = 6,
}

impl Network {
    /// The stored number back to the network.
    pub fn from_i64(n: i64) -> Option<Network> {
        use Network::*;
        [ActivityPub, Nostr, AtProto, Xmpp, Matrix, Email].into_iter().find(|x| *x as i64 == n)
    }

    /// The name in settings, API and logs.
    pub fn key(self) -> &'static str {
        match self {
            Network::ActivityPub => "activitypub",
            Network::Nostr => "nostr",
            Network::AtProto => "atproto",
            Network::Xmpp => "xmpp",
            Network::Matrix => "matrix",
            Network::Email => "email",
        }
    }

    /// The name in settings back to the network.
    pub fn from_key(key: &str) -> Option<Network> {
        (1..=6).filter_map(Network::from_i64).find(|n| n.key() == key)
    }

    /// The name that people know it by.
    pub fn label(self) -> &'static str {
        match self {
            Network::ActivityPub => "Fediverse",
            Network::Nostr => "Nostr",
            Network::AtProto => "Bluesky",
            Network::Xmpp => "XMPP",
            Network::Matrix => "Matrix",
            Network::Email => "E-mail",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl From<Network> for i64 {
    fn from(n: Network) -> i64 {
        n as i64
    }
}
