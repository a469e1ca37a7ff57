//! What a stranger has addressed to members is shown as the gate says: a member's app that asks this relay for what names
//! the member does not see what the member is asked about first, or has turned away. Nobody else sees it here either: it is
//! only here because it names a member. Its author may see it, and so does whoever asks for what names another member, whom
//! it does reach.
//!
//! A decision holds for a second: a page of events by strangers asks for the same ones again and again.
//!
//! Profiles, lists of follows and what takes something back are no messages. Of a gift wrap nobody knows the sender before
//! it is opened: it is shown to its recipient alone, who opens it.

use super::Shared;
use crate::{
    event::{Event, Hex32, TagsExt, kind},
    translate::post_in,
    wire::Filter,
};
use landbridge_hub::{HubError, gate::Scope};
use landbridge_model::{Id, MarkKind, Network};
use std::{collections::HashMap, sync::Arc, time::Duration};

const HOLDS: Duration = Duration::from_secs(1);

/// Members whom an event names, and whether it reaches them.
#[derive(Clone, Debug, Default)]
pub struct Reach(Arc<[(Hex32, bool)]>);

/// Author, what for, whether there is a link or a file in it, members.
type Asked = (Hex32, Scope, bool, Vec<Id>);

/// Decisions of the last second.
pub struct Decided(moka::sync::Cache<Asked, Reach>);

impl Default for Decided {
    fn default() -> Decided {
        Decided(moka::sync::Cache::builder().max_capacity(10_000).time_to_live(HOLDS).build())
    }
}

impl Reach {
    /// Whether an answer to that filter may have the event: of the members whom it asks about (or of all whom the event
    /// names) one is reached.
    pub fn shows(&self, filter: &Filter) -> bool {
        let asked = |key: &Hex32| {
            let key = key.to_string();
            ['p', 'P'].iter().any(|letter| filter.tags.get(letter).is_some_and(|keys| keys.contains(&key)))
        };
        let mut meant = self.0.iter().filter(|(key, _)| asked(key)).peekable();
        match meant.peek() {
            Some(_) => meant.any(|(_, reached)| *reached),
            None => self.0.is_empty() || self.0.iter().any(|(_, reached)| *reached),
        }
    }
}

impl Shared {
    /// Whether the gate has a say about an event: it is by a stranger, and says something to members.
    pub(super) fn is_addressed(&self, event: &Event) -> bool {
        let members = self.members.all();
        !members.contains_key(&event.pubkey)
            && says_something(event.kind)
            && named(event).any(|key| members.contains_key(&key))
    }

    pub(super) async fn reach_of(&self, event: &Event) -> Result<Reach, HubError> {
        let members = self.members.all();
        if members.contains_key(&event.pubkey) || !says_something(event.kind) {
            return Ok(Reach::default());
        }
        let named: HashMap<Hex32, Id> =
            named(event).filter_map(|key| members.get(&key).map(|member| (key, *member))).collect();
        if named.is_empty() {
            return Ok(Reach::default());
        }
        let mut ids: Vec<Id> = named.values().copied().collect();
        ids.sort_unstable();
        let scope = if event.kind == kind::OLD_MESSAGE { Scope::Private } else { Scope::Public };
        let asked = (event.pubkey, scope, has_link_or_media(event), ids);
        if let Some(reach) = self.decided.0.get(&asked) {
            return Ok(reach);
        }
        let (author, link_or_media) = (event.pubkey.to_string(), asked.2);
        let reached = self.hub.reaches(Network::Nostr, &author, scope, link_or_media, &asked.3).await?;
        let each = named.into_iter().map(|(key, member)| (key, reached.contains(&member)));
        let reach = Reach(each.collect());
        self.decided.0.insert(asked, reach.clone());
        Ok(reach)
    }

    /// Shows an event to whoever listens, as far as the gate lets it through. `turn`: in which it was stored, if it was.
    pub(super) async fn publish_gated(&self, event: &Event, turn: Option<i64>) -> Result<(), HubError> {
        let reach = self.reach_of(event).await?;
        self.live.publish_where(event, turn, |filter| reach.shows(filter));
        Ok(())
    }
}

/// Profiles, lists and what takes something back say nothing to members; wraps are shown to their recipients alone.
pub(super) fn says_something(kind: u16) -> bool {
    use crate::event::kind::*;
    let silent = [METADATA, FOLLOWS, DELETION, VANISH, RELAY_LIST, NOSTR_CONNECT];
    !silent.contains(&kind) && !is_wrap(kind)
}

fn named(event: &Event) -> impl Iterator<Item = Hex32> + '_ {
    let roots = event.tags.values("P").filter_map(|key| key.parse().ok());
    event.tags.people().into_iter().chain(roots)
}

fn has_link_or_media(event: &Event) -> bool {
    let name = |key: &Hex32| key.to_string();
    post_in::read(event, &name).is_some_and(|post| {
        let links = |mark: &landbridge_model::Mark| matches!(mark.kind, MarkKind::Link { .. });
        !post.media.is_empty() || post.text.marks.iter().any(links)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_one_is_not_shown_to_another() {
        let key = |n: u8| Hex32::from_slice(&[n; 32]).unwrap();
        let (anna, bert) = (key(1), key(2));
        let reach = Reach([(anna, true), (bert, false)].into());
        let about = |keys: &[Hex32]| Filter::default().tag('p', keys.iter().map(Hex32::to_string));
        assert!(reach.shows(&about(&[anna])) && reach.shows(&about(&[anna, bert])));
        assert!(!reach.shows(&about(&[bert])));
        assert!(reach.shows(&Filter::default()) && reach.shows(&about(&[key(3)])));
        let held = Reach([(bert, false)].into());
        assert!(!held.shows(&Filter::default()) && !held.shows(&about(&[anna])));
        assert!(Reach::default().shows(&about(&[bert])));
    }
}
