//! Leaving for good: everything is asked to be deleted (NIP-09), the profile cleared, and all relays asked to forget
//! (NIP-62). Asking is all that can be done on Nostr.

use super::{Made, Staging};
use crate::{
    event::{Tag, Template, kind},
    translate::profile,
};
use landbridge_hub::HubError;
use landbridge_model::Network;
use landbridge_store::entities::{
    deliveries,
    nostr_events::{self, Wanted},
};

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
        let mut tags: Vec<Tag> = Vec::new();
        for mut row in self.hub.store().all(nostr_events::select(&wanted)).await?.into_iter().flatten() {
            tags.push(vec!["e".into(), row.get(2)?]);
        }
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
