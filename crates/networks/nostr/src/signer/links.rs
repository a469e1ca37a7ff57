//! Links by which apps and signers find each other (NIP-46).

use super::served::{app_name, scopes_of};
use crate::{event::Hex32, nips::n65};
use url::Url;

/// Relays taken of one link.
const MOST_RELAYS: usize = 4;

/// `nostrconnect://`: an app asks for a signer.
pub(crate) struct AppLink {
    pub(crate) client: Hex32,
    /// At least one.
    pub(crate) relays: Vec<String>,
    /// Given back to the app, so that it knows its signer. Not empty.
    pub(crate) secret: String,
    pub(crate) name: String,
    pub(crate) scopes: String,
}

impl AppLink {
    pub(crate) fn parse(link: &str) -> Option<AppLink> {
        let (url, client, relays) = parse(link, "nostrconnect")?;
        Some(AppLink {
            client,
            relays,
            secret: one(&url, "secret").filter(|s| !s.is_empty())?,
            name: app_name(one(&url, "name").as_deref()),
            scopes: scopes_of(one(&url, "perms").as_deref()),
        })
    }
}

/// `bunker://`: a signer offers itself.
pub(crate) struct SignerLink {
    pub(crate) signer: Hex32,
    /// At least one.
    pub(crate) relays: Vec<String>,
    pub(crate) secret: String,
}

impl SignerLink {
    pub(crate) fn parse(link: &str) -> Option<SignerLink> {
        let (url, signer, relays) = parse(link, "bunker")?;
        Some(SignerLink { signer, relays, secret: one(&url, "secret").unwrap_or_default() })
    }
}

/// The key in the place of a host, and the relays.
fn parse(link: &str, scheme: &str) -> Option<(Url, Hex32, Vec<String>)> {
    let url = Url::parse(link.trim()).ok().filter(|u| u.scheme() == scheme)?;
    let key = url.host_str()?.parse().ok()?;
    let given = url.query_pairs().filter(|(name, _)| name == "relay");
    let relays: Vec<String> = given.filter_map(|(_, url)| n65::normal(&url)).take(MOST_RELAYS).collect();
    (!relays.is_empty()).then_some((url, key, relays))
}

fn one(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}
