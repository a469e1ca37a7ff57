//! Leaving for good: everything is asked to be deleted (NIP-09), the profile cleared, and all relays asked to forget
//! (NIP-62). Asking is all that can be done on Nostr.

use super::{Made, Staging};
use crate::{
    event::{Event, Kind, Tag, Template, kind},
    translate::profile,
};
use landbridge_hub::HubError;
use landbridge_model::Network;
use landbridge_store::entities::{
    deliveries,
    nostr_events::{self, Wanted},
};
use std::collections::BTreeSet;

/// Ids in the request to delete: relays refuse larger events. The request to vanish covers the rest.
const MOST: i64 = 1_000;

impl Staging<'_> {
    pub(super) async fn leave(&self) -> Result<Vec<Made>, HubError> {
        let base = self.held(kind::METADATA).await?;
        let now = profile::after(base.as_ref().map(|base| base.created_at));
        let wanted = Wanted {
            authors: Some(vec![self.act.presence.native_id.clone()]),
            until: i64::MAX,
            limit: MOST,
            ..Wanted::default()
        };
        let mut written = Vec::new();
        for mut row in self.hub.store().all(nostr_events::select(&wanted)).await?.into_iter().flatten() {
            written.extend(Event::from_stored(&row.get::<String>(0)?));
        }
        let tags = named(&written);
        let mut templates = Vec::new();
        if !tags.is_empty() {
            let content = String::new();
            templates.push((Template { created_at: now, kind: kind::DELETION, tags, content }, None));
        }
        templates.push((profile::cleared(base.as_ref()), base.map(Template::from)));
        let vanish = Template {
            created_at: now,
            kind: kind::VANISH,
            tags: vec![vec!["relay".into(), "ALL_RELAYS".into()]],
            content: "This account was deleted.".into(),
        };
        templates.push((vanish, None));
        let mut relays = self.everywhere();
        let sent = deliveries::destinations_of(self.act.member.id, Network::Nostr);
        for mut row in self.hub.store().rows(sent).await? {
            relays.push(row.get(0)?);
        }
        Ok(templates
            .into_iter()
            .map(|(template, base)| Made { template, copy: None, relays: relays.clone(), base })
            .collect())
    }
}

/// Tags that ask to delete all of these: each by its id, every version of what has some by its address, and their kinds.
fn named(written: &[Event]) -> Vec<Tag> {
    let tag = |name: &str, value: String| -> Tag { vec![name.into(), value] };
    let mut tags: Vec<Tag> = written.iter().map(|event| tag("e", event.id.to_string())).collect();
    // Not the profile: the cleared one, which is of the same second, has to stand.
    let addresses = written.iter().filter(|event| event.kind != kind::METADATA).filter_map(Event::address);
    tags.extend(addresses.map(|address| tag("a", address)));
    let kinds: BTreeSet<Kind> = written.iter().map(|event| event.kind).collect();
    tags.extend(kinds.into_iter().map(|kind| tag("k", kind.to_string())));
    tags
}
