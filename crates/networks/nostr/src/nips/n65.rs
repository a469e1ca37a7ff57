//! Relay lists, kind 10002 (NIP-65).

use crate::event::{Event, Tag, TagsExt, first_value};
use serde::{Deserialize, Serialize};

/// Relays that somebody writes to and reads from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Relays {
    pub write: Vec<String>,
    pub read: Vec<String>,
}

/// Relays looked at per direction: lists of dozens would cost a connection each.
const MOST: usize = 8;
/// Bytes of a relay's URL.
const MOST_BYTES: usize = 300;

impl Relays {
    pub fn from_event(event: &Event) -> Relays {
        Relays::from_tags(&event.tags)
    }

    pub fn from_tags(tags: &[Tag]) -> Relays {
        let mut relays = Relays::default();
        for tag in tags.named("r") {
            let Some(url) = normal(first_value(tag)) else { continue };
            let mark = tag.get(2).map(String::as_str).unwrap_or_default();
            for (list, not) in [(&mut relays.write, "read"), (&mut relays.read, "write")] {
                if mark != not && list.len() < MOST && !list.contains(&url) {
                    list.push(url.clone());
                }
            }
        }
        relays
    }

    pub fn tags(&self) -> Vec<Tag> {
        let mut tags = Vec::new();
        for url in &self.write {
            let mut tag: Tag = vec!["r".into(), url.clone()];
            if !self.read.contains(url) {
                tag.push("write".into());
            }
            tags.push(tag);
        }
        for url in self.read.iter().filter(|u| !self.write.contains(u)) {
            tags.push(vec!["r".into(), url.clone(), "read".into()]);
        }
        tags
    }

    /// With a relay in both directions.
    pub fn with(mut self, url: &str) -> Relays {
        for list in [&mut self.write, &mut self.read] {
            if !list.iter().any(|u| u == url) {
                list.insert(0, url.to_owned());
            }
        }
        self
    }
}

/// A relay URL in one spelling: lower-case host, no default port, no final slash, no fragment. `None`: not a `ws` URL.
pub fn normal(url: &str) -> Option<String> {
    if url.len() > MOST_BYTES {
        return None;
    }
    let mut url = url::Url::parse(url.trim()).ok()?;
    if !matches!(url.scheme(), "ws" | "wss")
        || url.host_str().is_none()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    url.set_fragment(None);
    // What is escaped becomes longer.
    let normal = url.as_str().trim_end_matches('/');
    (normal.len() <= MOST_BYTES).then(|| normal.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn written_and_read_alike() {
        let relays = Relays {
            write: vec!["wss://a.example".into(), "wss://b.example/x".into()],
            read: vec!["wss://a.example".into(), "wss://c.example".into()],
        };
        let template = Template { created_at: 1, kind: 10_002, tags: relays.tags(), content: String::new() };
        assert_eq!(Relays::from_event(&Keys::generate().sign(template)), relays);
        assert_eq!(normal("WSS://A.Example:443/"), Some("wss://a.example".into()));
        assert_eq!(normal("https://a.example"), None);
        assert_eq!(relays.clone().with("wss://a.example"), relays);
    }
}
