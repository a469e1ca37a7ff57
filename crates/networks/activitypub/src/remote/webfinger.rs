//! WebFinger as a client (RFC 7033), with host-meta (RFC 6415) for hosts that answer elsewhere.

use crate::ActivityPub;
use crate::translate::web_url;
use crate::vocab::{self, Node, is_activity_type};
use http::{HeaderMap, HeaderValue, header};
use landbridge_hub::Hub;
use url::Url;

const MAX_BYTES: usize = 64 * 1024;
/// The property by which Lemmy tells a person's link from a community's.
const TYPE: &str = "https://www.w3.org/ns/activitystreams#type";

/// Who answers to an address.
pub(crate) struct Found {
    /// Actor id.
    pub(crate) actor: String,
    /// Name and host that the answer calls the address.
    pub(super) subject: Option<(String, String)>,
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

/// The actor in a descriptor (RFC 7033, 4.4). Each link stands for itself: Lemmy writes `null` where one has no type. Where a
/// person and a community have one name, the address is the person's: it is written as people's are.
pub(crate) fn read_descriptor(body: &[u8]) -> Option<Found> {
    let descriptor = vocab::parse(body).ok()?;
    let descriptor = Node(&descriptor);
    let links = || descriptor.list("links").filter_map(|link| Some((link, actor_in(link)?)));
    let (_, actor) = links().find(|(link, _)| !is_community(*link)).or_else(|| links().next())?;
    let subject = descriptor.text("subject").and_then(|s| s.strip_prefix("acct:")?.split_once('@'));
    Some(Found {
        actor: actor.to_owned(),
        subject: subject.map(|(name, domain)| (name.to_owned(), domain.to_ascii_lowercase())),
    })
}

fn actor_in(link: Node<'_>) -> Option<&str> {
    let is_actor = link.text("rel") == Some("self") && link.text("type").is_some_and(is_activity_type);
    link.text("href").filter(|_| is_actor).and_then(web_url)
}

fn is_community(link: Node<'_>) -> bool {
    link.object("properties").and_then(|properties| properties.text(TYPE)) == Some("Group")
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn actor(links: serde_json::Value) -> Option<String> {
        let descriptor = json!({"subject": "acct:bob@a.example", "links": links});
        read_descriptor(descriptor.to_string().as_bytes()).map(|found| found.actor)
    }

    #[test]
    fn a_link_that_cannot_be_read_is_passed_over() {
        let odd = json!({"rel": "http://ostatus.org/schema/1.0/subscribe", "type": null, "href": null, "template": "x"});
        let own =
            json!({"rel": "self", "type": "application/activity+json", "href": "https://a.example/u/bob"});
        let broken = json!({"rel": "self", "type": "application/activity+json", "href": 3});
        let found = actor(json!([odd, null, "x", broken, own]));
        assert_eq!(found.as_deref(), Some("https://a.example/u/bob"));
        assert_eq!(actor(json!([odd, broken])), None);
        assert!(read_descriptor(br#"{"subject": null, "links": null}"#).is_none());
    }

    #[test]
    fn of_a_person_and_a_community_the_person() {
        let link = |kind: &str, href: &str| {
            json!({
                "rel": "self", "type": "application/activity+json", "href": href, "properties": {TYPE: kind}
            })
        };
        let person = link("Person", "https://a.example/u/bob");
        let community = link("Group", "https://a.example/c/bob");
        for links in [json!([person, community]), json!([community, person])] {
            assert_eq!(actor(links).as_deref(), Some("https://a.example/u/bob"));
        }
        assert_eq!(actor(json!([community])).as_deref(), Some("https://a.example/c/bob"));
    }
}
