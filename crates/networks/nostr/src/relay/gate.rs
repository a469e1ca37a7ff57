//! What somebody has addressed to members is shown as the gate says: a member's app that asks this relay for what names
//! the member does not see what the member is asked about first, or has turned away. What a stranger has written nobody else
//! sees here either: it is only here because it names a member. Its author may see it, and so does whoever asks for what
//! names another member, whom it does reach. What a member has written is shown to all who do not ask for it by the names in
//! it.
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
use landbridge_cache::Cache;
use landbridge_hub::{HubError, gate::Scope};
use landbridge_model::{Id, Network};
use std::{sync::Arc, time::Duration};

/// Tags that name people.
pub(super) const NAMES: [char; 2] = ['p', 'P'];
const HOLDS: Duration = Duration::from_secs(1);

/// Whom an event reaches.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Members whom it names, and whether it reaches them.
    named: Arc<[(Hex32, bool)]>,
    /// It is by a member, and here on its own account.
    at_home: bool,
}

/// What the gate is asked about an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    author: Hex32,
    scope: Scope,
    link_or_media: bool,
    /// In order, each once; nobody, if it says nothing.
    named: Vec<Hex32>,
}

/// Decisions of the last second.
pub struct Decided(Cache<Question, Reach>);

impl Default for Decided {
    fn default() -> Decided {
        Decided(Cache::living(10_000, HOLDS))
    }
}

impl Reach {
    /// Whether an answer to that filter may have the event: of the members whom it asks about (or of all whom the event
    /// names) one is reached.
    pub fn shows(&self, filter: &Filter) -> bool {
        let asked = |key: &Hex32| {
            let key = key.to_string();
            NAMES.iter().any(|letter| filter.tags.get(letter).is_some_and(|keys| keys.contains(&key)))
        };
        let mut meant = self.named.iter().filter(|(key, _)| asked(key)).peekable();
        match meant.peek() {
            Some(_) => meant.any(|(_, reached)| *reached),
            None => self.at_home || self.named.is_empty() || self.named.iter().any(|(_, reached)| *reached),
        }
    }
}

impl Shared {
    /// Whether the gate has a say about an event: it says something to members.
    pub(super) fn is_addressed(&self, event: &Event) -> bool {
        let members = self.members.all();
        let other_member = |key: Hex32| key != event.pubkey && members.contains_key(&key);
        says_something(event.kind) && named(event).any(other_member)
    }

    pub(super) async fn reach_of(&self, event: &Event) -> Result<Reach, HubError> {
        let question = question(event);
        if question.named.is_empty() {
            return Ok(Reach::default());
        }
        if let Some(reach) = self.decided.0.get(&question) {
            return Ok(reach);
        }
        let members = self.members.all();
        let named = question.named.iter().filter_map(|key| members.get(key).map(|member| (*key, *member)));
        let named: Vec<(Hex32, Id)> = named.collect();
        let at_home = members.contains_key(&question.author);
        if named.is_empty() {
            return Ok(Reach { at_home, ..Reach::default() });
        }
        let ids: Vec<Id> = named.iter().map(|(_, member)| *member).collect();
        let Question { author, scope, link_or_media, .. } = question;
        let reached =
            self.hub.reaches(Network::Nostr, &author.to_string(), scope, link_or_media, &ids).await?;
        let each = named.into_iter().map(|(key, member)| (key, reached.contains(&member)));
        let reach = Reach { named: each.collect(), at_home };
        self.decided.0.insert(question, reach.clone());
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

fn question(event: &Event) -> Question {
    let mut named: Vec<Hex32> = if says_something(event.kind) { named(event).collect() } else { Vec::new() };
    named.retain(|key| *key != event.pubkey);
    named.sort_unstable();
    named.dedup();
    let scope = if event.kind == kind::OLD_MESSAGE { Scope::Private } else { Scope::Public };
    let link_or_media = !named.is_empty() && has_link_or_media(event);
    Question { author: event.pubkey, scope, link_or_media, named }
}

fn has_link_or_media(event: &Event) -> bool {
    let name = |key: &Hex32| key.to_string();
    post_in::read(event, &name).is_some_and(|post| !post.media.is_empty() || post.text.has_link())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_one_is_not_shown_to_another() {
        let key = |n: u8| Hex32::from_slice(&[n; 32]).unwrap();
        let (anna, bert) = (key(1), key(2));
        let reach = Reach { named: [(anna, true), (bert, false)].into(), at_home: false };
        let about = |keys: &[Hex32]| Filter::default().tag('p', keys.iter().map(Hex32::to_string));
        assert!(reach.shows(&about(&[anna])) && reach.shows(&about(&[anna, bert])));
        assert!(!reach.shows(&about(&[bert])));
        assert!(reach.shows(&Filter::default()) && reach.shows(&about(&[key(3)])));
        let held = Reach { named: [(bert, false)].into(), at_home: false };
        assert!(!held.shows(&Filter::default()) && !held.shows(&about(&[anna])));
        let at_home = Reach { at_home: true, ..held };
        assert!(at_home.shows(&Filter::default()) && !at_home.shows(&about(&[bert])));
        assert!(Reach::default().shows(&about(&[bert])));
    }
}
