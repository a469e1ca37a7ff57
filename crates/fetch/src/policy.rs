//! What the operator allows outgoing connections to be.

use crate::{Error, Refusal, address};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// Whether this machine itself may be the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// Public operation: loopback is as private as any other private address.
    Never,
    /// Public addresses and loopback: for tests of a public set-up on one machine.
    Allowed,
    /// A local trial: nothing but loopback; names are never looked up outside.
    Only,
}

/// The rules a [`crate::Fetcher`] holds for every request, redirect hop and resolved address.
#[derive(Debug, Clone)]
pub struct Policy {
    pub loopback: Loopback,
    /// Refuse `http:` and `ws:`.
    pub https_only: bool,
    /// More certificate authorities to trust, as PEM, beside those of the system.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// For one whole exchange: connecting, every redirect hop and the last byte of the body.
    pub timeout: Duration,
    /// Several servers refuse requests without one.
    pub user_agent: String,
}

impl Policy {
    /// Public operation: HTTPS to public addresses.
    pub fn public(user_agent: impl Into<String>) -> Self {
        Self {
            loopback: Loopback::Never,
            https_only: true,
            extra_ca_pem: None,
            timeout: Duration::from_secs(20),
            user_agent: user_agent.into(),
        }
    }

    /// A local trial: loopback only, plain HTTP allowed, `.test` and `.localhost` names are this machine.
    pub fn trial(user_agent: impl Into<String>) -> Self {
        Self { loopback: Loopback::Only, https_only: false, ..Self::public(user_agent) }
    }

    /// Judges a URL before anything is sent: scheme, credentials, host form. A name is judged again, by its
    /// addresses, when it is resolved.
    pub fn check_url(&self, url: &Url) -> Result<(), Error> {
        match url.scheme() {
            "https" | "wss" => {}
            "http" | "ws" if !self.https_only => {}
            "http" | "ws" => return Err(Refusal::Scheme.into()),
            _ => return Err(Refusal::Scheme.into()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials.into());
        }
        match url.host() {
            None => Err(Refusal::Scheme.into()),
            Some(Host::Ipv4(ip)) => self.check_address(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => self.check_address(IpAddr::V6(ip)),
            Some(Host::Domain(name)) => self.check_name(name),
        }
    }

    /// Judges one address that is about to be connected to.
    pub fn check_address(&self, ip: IpAddr) -> Result<(), Error> {
        let allowed = match address::scope(ip) {
            address::Scope::Global => self.loopback != Loopback::Only,
            address::Scope::Loopback => self.loopback != Loopback::Never,
            address::Scope::Special => false,
        };
        if allowed { Ok(()) } else { Err(Refusal::Address(ip).into()) }
    }

    pub(crate) fn check_name(&self, name: &str) -> Result<(), Error> {
        if !is_a_name(name) {
            return Err(Refusal::Name(name.to_owned()).into());
        }
        match (is_local_name(name), self.loopback) {
            (true, Loopback::Never) | (false, Loopback::Only) => Err(Refusal::Name(name.to_owned()).into()),
            _ => Ok(()),
        }
    }

    /// The address of a name that must never reach the system's resolver, or `None` for an ordinary one.
    pub(crate) fn in_process(&self, name: &str, port: u16) -> Option<SocketAddr> {
        is_local_name(name).then(|| SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

/// `localhost`, `*.localhost` and `*.test` (RFC 6761).
/// No label is empty, and the last one is no number: what a resolver might take for an address is not asked for.
fn is_a_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    name.split('.').all(|label| !label.is_empty()) && !last.bytes().all(|b| b.is_ascii_digit())
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost") || last.eq_ignore_ascii_case("test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(policy: &Policy, url: &str) -> bool {
        policy.check_url(&Url::parse(url).unwrap()).is_err()
    }

    #[test]
    fn public_policy_refuses_everything_but_https_to_public_hosts() {
        let public = Policy::public("t");
        for bad in [
            "http://example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https://user@example.org/",
            "https://user:pw@example.org/",
            "https://localhost/",
            "https://a.localhost./",
            "https://peer.test/",
            "https://127.0.0.1/",
            // The URL parser normalises the old spellings of IPv4; they must not slip by as names.
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://127.0.0.1../",
            "https://a..example/",
        ] {
            assert!(refused(&public, bad), "{bad}");
        }
        for good in
            ["https://example.org/", "https://8.8.8.8/", "wss://relay.example/", "https://[2606:4700::1]/"]
        {
            assert!(!refused(&public, good), "{good}");
        }
    }

    #[test]
    fn trial_policy_never_leaves_the_machine() {
        let trial = Policy::trial("t");
        for good in ["http://localhost:3000/", "http://a.test:1/", "https://127.9.9.9/", "ws://[::1]:7000/"] {
            assert!(!refused(&trial, good), "{good}");
        }
        for bad in ["https://example.org/", "https://8.8.8.8/", "http://10.0.0.1/", "http://test.example/"] {
            assert!(refused(&trial, bad), "{bad}");
        }
    }
}
