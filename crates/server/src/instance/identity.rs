//! Who a data folder belongs to. Ids on every network are made from the origin and are permanent, so the origin is
//! written down once, at the first start, and compared ever after.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use url::Url;

use crate::config::Config;

/// The first port that a trial tries.
const TRIAL_PORT: u16 = 8840;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// On loopback only; its ids are worth nothing outside and must never leave the machine.
    Trial,
    Public,
}

/// The content of `identity.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub kind: Kind,
    pub origin: Url,
    /// The part after the `@`.
    pub account_domain: String,
}

impl Identity {
    /// Reads the identity of a data folder; `None` when it has none yet.
    pub fn read(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = dir.join("identity.json");
        match std::fs::read(&path) {
            Ok(bytes) => {
                let identity = serde_json::from_slice(&bytes);
                identity
                    .map(Some)
                    .with_context(|| format!("{} is damaged: put it back from a backup", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Decides who a new data folder will be for ever.
    pub fn mint(config: &Config) -> anyhow::Result<Self> {
        let Some(origin) = config.origin.clone() else {
            let origin: Url = format!("http://localhost:{}", trial_port(config)?).parse()?;
            return Ok(Self { kind: Kind::Trial, account_domain: authority(&origin), origin });
        };
        let account_domain = config.account_domain.clone().unwrap_or_else(|| authority(&origin));
        Ok(Self { kind: Kind::Public, origin, account_domain: account_domain.to_lowercase() })
    }

    /// Refuses a configuration that would change ids that are out in the world already.
    pub fn check_unchanged(&self, config: &Config) -> anyhow::Result<()> {
        let dir = config.data_dir.display();
        match (&config.origin, self.kind) {
            (None, Kind::Trial) => return Ok(()),
            (None, Kind::Public) => bail!(
                "{dir} belongs to {}, but no `origin` is configured: give its configuration file with --config",
                self.origin
            ),
            (Some(origin), Kind::Trial) => bail!(
                "{dir} holds a local trial, whose ids cannot become public ones. Run `landbridge golive {}`, which \
                 puts the trial aside and mints fresh identities",
                origin.host_str().unwrap_or("DOMAIN")
            ),
            (Some(_), Kind::Public) => {}
        }
        let wanted = Self::mint(config)?;
        if wanted.origin != self.origin || wanted.account_domain != self.account_domain {
            bail!(
                "{dir} was made for @{} at {}, and other servers know its members by that. It cannot become @{} at \
                 {}: put the old values back, or start a new server with another `data_dir`",
                self.account_domain,
                self.origin,
                wanted.account_domain,
                wanted.origin
            );
        }
        Ok(())
    }

    /// Writes the identity down, once.
    pub fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec_pretty(self)?;
        super::write_private_file(&dir.join("identity.json"), &bytes).context("cannot write identity.json")
    }

    pub fn is_trial(&self) -> bool {
        self.kind == Kind::Trial
    }

    /// Where a trial listens: loopback, on the port that its ids carry.
    pub fn trial_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.origin.port_or_known_default().unwrap_or(TRIAL_PORT)).into()
    }

    /// Origin of the PDS: a name of its own, so that it shares no cookies with the pages; in a trial the next port of
    /// another name for this machine.
    pub fn pds_origin(&self, config: &Config) -> anyhow::Result<Url> {
        let Some(host) = self.origin.host_str().filter(|_| !self.is_trial()) else {
            return Ok(format!("http://{}", self.trial_pds_address()).parse()?);
        };
        let name = config.atproto.pds_host.clone().unwrap_or_else(|| format!("pds.{host}"));
        let mut origin = self.origin.clone();
        origin.set_host(Some(&name)).with_context(|| format!("atproto.pds_host = {name}"))?;
        if origin.host_str() == Some(host) {
            bail!(
                "atproto.pds_host must be another name than the origin's: the pages' cookies are not for it"
            );
        }
        Ok(origin)
    }

    /// What members' handles end with.
    pub fn handle_domain(&self, config: &Config) -> String {
        if self.is_trial() {
            return config.atproto.handle_domain.clone().unwrap_or_else(|| "landbridge.test".into());
        }
        // Not the account domain: what is below that is often somebody else's to decide.
        let host = self.origin.host_str().unwrap_or_default();
        config.atproto.handle_domain.clone().unwrap_or_else(|| host.to_owned()).to_lowercase()
    }

    /// Where a trial's PDS listens: the port after the one that its ids carry.
    pub fn trial_pds_address(&self) -> SocketAddr {
        let mut address = self.trial_address();
        address.set_port(address.port().saturating_add(1));
        address
    }

    /// `host` or `host:port`, as it stands in URLs.
    pub fn authority(&self) -> String {
        authority(&self.origin)
    }
}

fn authority(origin: &Url) -> String {
    let host = origin.host_str().unwrap_or_default();
    origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The first free port from 8840 on, or exactly the one in `listen`. A new trial takes it for good: it stands in ids.
fn trial_port(config: &Config) -> anyhow::Result<u16> {
    if let Some(address) = config.listen.first() {
        return Ok(address.port());
    }
    free_trial_ports().next().context("no two free ports in a row between 8840 and 8939")
}

/// Ports that trials may take: free, and so is the next one, which is their PDS's.
pub fn free_trial_ports() -> impl Iterator<Item = u16> {
    let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    (TRIAL_PORT..TRIAL_PORT + 100).step_by(2).filter(move |port| free(*port) && free(*port + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(origin: &str, account_domain: Option<&str>) -> Config {
        Config {
            origin: Some(origin.parse().unwrap()),
            account_domain: account_domain.map(str::to_owned),
            ..Config::default()
        }
    }

    #[test]
    fn the_domain_cannot_change_later() {
        let made = Identity::mint(&public("https://social.example.org", Some("example.org"))).unwrap();
        assert!(made.check_unchanged(&public("https://social.example.org", Some("Example.org"))).is_ok());
        assert!(made.check_unchanged(&public("https://social.example.org", None)).is_err());
        assert!(made.check_unchanged(&public("https://example.org", None)).is_err());
        assert!(made.check_unchanged(&Config::default()).is_err());
    }

    #[test]
    fn a_trial_cannot_become_public_in_place() {
        let trial = Identity::mint(&Config::default()).unwrap();
        assert_eq!(trial.origin.host_str(), Some("localhost"));
        let error = trial.check_unchanged(&public("https://example.org", None)).unwrap_err().to_string();
        assert!(error.contains("golive example.org"), "{error}");
    }
}
