//! WebFinger as a client (RFC 7033), with host-meta (RFC 6415) for hosts that answer elsewhere.

use crate::ActivityPub;
use crate::translate::web_url;
use crate::vocab::is_activity_type;
use http::{HeaderMap, HeaderValue, header};
use landbridge_hub::Hub;
use serde::Deserialize;
use url::Url;

const MAX_BYTES: usize = 64 * 1024;

/// Who answers to an address.
pub(crate) struct Found {
    /// Actor id.
    pub(crate) actor: String,
    /// Name and host that the answer calls the address.
    pub(super) subject: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Descriptor {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    rel: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    href: String,
}

impl ActivityPub {
    /// Asks a host who answers to `name@domain`.
    pub(super) async fn webfinger(&self, hub: &Hub, name: &str, domain: &str) -> Option<Found> {
        let resource = format!("acct:{name}@{domain}");
        for scheme in schemes(hub) {
            let base = Url::parse(&format!("{scheme}://{domain}")).ok()?;
            let asked = base.join("/.well-known/webfinger").ok()?;
            if let Some(found) = self.ask(hub, asked, &resource).await {
                return Some(found);
            }
            if let Some(template) = self.host_meta(hub, &base).await {
                let encoded: String = url::form_urlencoded::byte_serialize(resource.as_bytes()).collect();
                let asked = Url::parse(&template.replace("{uri}", &encoded)).ok()?;
                return self.descriptor(hub, &asked).await;
            }
        }
        None
    }

    /// The id of whoever answers to an address.
    pub(crate) async fn actor_at(&self, hub: &Hub, name: &str, domain: &str) -> Option<String> {
        Some(self.webfinger(hub, name, domain).await?.actor)
    }

    async fn ask(&self, hub: &Hub, mut url: Url, resource: &str) -> Option<Found> {
        url.query_pairs_mut().append_pair("resource", resource);
        self.descriptor(hub, &url).await
    }

    async fn descriptor(&self, hub: &Hub, url: &Url) -> Option<Found> {
        let accept = HeaderValue::from_static("application/jrd+json, application/json");
        let headers = HeaderMap::from_iter([(header::ACCEPT, accept)]);
        let answer =
            hub.fetcher().get(url, headers, MAX_BYTES).await.ok().filter(|a| a.status.is_success())?;
        read_descriptor(&answer.body)
    }

    /// The template of `/.well-known/host-meta`.
    async fn host_meta(&self, hub: &Hub, base: &Url) -> Option<String> {
        let url = base.join("/.well-known/host-meta").ok()?;
        let answer = hub
            .fetcher()
            .get(&url, HeaderMap::new(), MAX_BYTES)
            .await
            .ok()
            .filter(|a| a.status.is_success())?;
        read_template(&answer.body)
    }
}

/// The actor in a descriptor (RFC 7033, 4.4).
pub(crate) fn read_descriptor(body: &[u8]) -> Option<Found> {
    let descriptor: Descriptor = serde_json::from_slice(body).ok()?;
    let link = descriptor.links.iter().find(|l| l.rel == "self" && is_activity_type(&l.kind))?;
    let subject = descriptor.subject.strip_prefix("acct:").and_then(|s| s.split_once('@'));
    Some(Found {
        actor: web_url(&link.href)?.to_owned(),
        subject: subject.map(|(name, domain)| (name.to_owned(), domain.to_ascii_lowercase())),
    })
}

/// The attribute is looked for as text: XML needs no more here.
pub(crate) fn read_template(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let link = text.split("<Link").find(|l| l.contains("lrdd"))?;
    let after = link.split("template=").nth(1)?;
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let template = after.get(1..)?.split(quote).next()?.replace("&amp;", "&");
    (template.contains("{uri}") && web_url(&template.replace("{uri}", "")).is_some()).then_some(template)
}

/// HTTPS; in a trial first what the trial itself speaks.
fn schemes(hub: &Hub) -> &'static [&'static str] {
    match (hub.fetcher().policy().https_only, hub.config().origin.scheme()) {
        (true, _) => &["https"],
        (false, "http") => &["http", "https"],
        (false, _) => &["https", "http"],
    }
}
