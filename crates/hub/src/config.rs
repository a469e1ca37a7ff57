//! What the operator has decided, as far as the hub cares.

use landbridge_model::Network;
use std::collections::BTreeMap;
use url::Url;

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://social.example.org`: every URL we make starts with it. No path, no final slash shown.
    pub origin: Url,
    /// `example.org`: the host part of members' addresses (with a port in a trial).
    pub account_domain: String,
    /// A trial never leaves the machine.
    pub trial: bool,
    pub title: String,
    pub description: String,
    /// Operator's address, shown to the public.
    pub contact: String,
    pub registrations: Registrations,
    pub networks: BTreeMap<Network, Mode>,
    pub limits: Limits,
    pub gate: FirstContacts,
    /// Days that remote posts, originals and media stay after their last local use.
    pub remote_days: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registrations {
    Closed,
    Invite,
    Approval,
    Open,
}

/// What a network may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Off,
    Read,
    ReadWrite,
}

/// The operator's own rules for first contacts.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstContacts {
    /// First contacts of whom this server has known for fewer days are held, whatever members' rules say; 0: no such rule.
    pub new_days: u32,
}

#[derive(Clone, Debug)]
pub struct Limits {
    /// Characters of a post; a link counts 23.
    pub characters: usize,
    pub media_per_post: usize,
    /// Bytes.
    pub image_size: u64,
    /// Bytes.
    pub video_size: u64,
    pub poll_options: usize,
    pub poll_option_characters: usize,
    /// Deliveries at once, in all and to one host.
    pub deliveries: usize,
    pub deliveries_per_host: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            characters: 5000,
            media_per_post: 8,
            image_size: 16 << 20,
            video_size: 99 << 20,
            poll_options: 8,
            poll_option_characters: 100,
            deliveries: 256,
            deliveries_per_host: 4,
        }
    }
}

impl Config {
    /// A URL of ours: `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin.as_str().trim_end_matches('/'))
    }

    /// `alice@example.org`.
    pub fn address(&self, username: &str) -> String {
        format!("{username}@{}", self.account_domain)
    }

    /// The reserved domain under which people of a network without `name@host` addresses are shown here, such as
    /// `nostr.example.org`.
    pub fn reserved_domain(&self, network: Network) -> String {
        let short = if network == Network::AtProto { "at" } else { network.key() };
        format!("{short}.{}", self.account_domain)
    }

    pub fn mode(&self, network: Network) -> Mode {
        self.networks.get(&network).copied().unwrap_or(Mode::Off)
    }
}
