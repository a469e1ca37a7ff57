//! Live subscriptions, found by what an event is rather than one by one.
//!
//! Each filter is filed under its most telling condition: ids, else a tag, else authors, else kinds, else "all". An
//! event looks into the few drawers that it can be in, and only the filters found there are compared in full.

use super::listener::Listener;
use crate::{
    event::{Event, Hex32, Kind},
    wire::{Filter, frames},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

/// Events that may wait for the end of a stored answer; whoever lets more pile up must go.
const WAITING: usize = 4_096;

/// One subscription of one connection, from its request to its end.
///
/// It becomes live exactly where its stored answer ends. What is published while that answer is read waits here; then
/// only what was stored in a later turn than the answer's snapshot is told. A turn is the number of the write that stored
/// an event, and turns follow commits: so nothing is told twice and nothing is missed, in whichever order commit, query and
/// publication follow each other.
pub struct Subscription {
    name: Arc<str>,
    listener: Arc<Listener>,
    state: Mutex<State>,
}

enum State {
    /// With the turn of each; ephemeral events have none.
    Waiting(Vec<(Option<i64>, Arc<str>)>),
    /// Tells what was stored after this turn.
    Live(i64),
    /// Closed or replaced: nothing is told any more.
    Over,
}

impl Subscription {
    pub fn new(listener: &Arc<Listener>, name: &str) -> Arc<Subscription> {
        let state = Mutex::new(State::Waiting(Vec::new()));
        Arc::new(Subscription { name: name.into(), listener: listener.clone(), state })
    }

    /// The stored answer, which showed everything up to this turn, has been sent: what waits is told, and what comes.
    pub fn go_live(&self, after: i64) {
        let mut state = self.state();
        let State::Waiting(waiting) = &mut *state else { return };
        for (turn, json) in std::mem::take(waiting) {
            self.send_if_new(turn, after, &json);
        }
        *state = State::Live(after);
    }

    pub fn is_over(&self) -> bool {
        matches!(*self.state(), State::Over)
    }

    fn end(&self) {
        *self.state() = State::Over;
    }

    fn tell(&self, turn: Option<i64>, json: &Arc<str>) {
        match &mut *self.state() {
            State::Waiting(waiting) if waiting.len() < WAITING => waiting.push((turn, json.clone())),
            State::Waiting(_) => self.listener.must_end(),
            State::Live(after) => self.send_if_new(turn, *after, json),
            State::Over => {}
        }
    }

    fn send_if_new(&self, turn: Option<i64>, after: i64, json: &str) {
        if turn.is_none_or(|turn| turn > after) {
            self.listener.send(frames::event(&self.name, json));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub struct Live(RwLock<Index>);

#[derive(Default)]
struct Index {
    next: u64,
    filters: HashMap<u64, Entry>,
    subs: HashMap<(u64, Arc<str>), (Arc<Subscription>, Vec<u64>)>,
    by_id: HashMap<Hex32, Drawer>,
    by_tag: HashMap<(char, String), Drawer>,
    by_author: HashMap<Hex32, Drawer>,
    by_kind: HashMap<Kind, Drawer>,
    all: Drawer,
}

type Drawer = HashSet<u64>;

struct Entry {
    filter: Filter,
    sub: Arc<Subscription>,
}

impl Live {
    /// Adds a subscription, which waits until it [goes live](Subscription::go_live); one of the same name on the same
    /// connection is replaced.
    pub fn subscribe(&self, sub: &Arc<Subscription>, filters: Vec<Filter>) {
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        index.remove(sub.listener.id, &sub.name);
        let mut keys = Vec::with_capacity(filters.len());
        for filter in filters.into_iter().filter(|f| !f.is_empty()) {
            let key = index.next;
            index.next += 1;
            index.file(key, &filter, true);
            index.filters.insert(key, Entry { filter, sub: sub.clone() });
            keys.push(key);
        }
        index.subs.insert((sub.listener.id, sub.name.clone()), (sub.clone(), keys));
    }

    pub fn unsubscribe(&self, listener: u64, sub: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(listener, sub);
    }

    /// Sends an event to every subscription that it matches, once each. `turn`: in which it was stored; none when it is
    /// ephemeral.
    pub fn publish(&self, event: &Event, turn: Option<i64>) {
        self.publish_where(event, turn, |_| true);
    }

    /// The same, to those filters that may have it.
    pub fn publish_where(&self, event: &Event, turn: Option<i64>, may_have: impl Fn(&Filter) -> bool) {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if index.filters.is_empty() {
            return;
        }
        let mut told: HashSet<*const Subscription> = HashSet::new();
        for key in index.candidates(event) {
            let Some(Entry { filter, sub }) = index.filters.get(&key) else { continue };
            let may_see = sub.listener.may_see(event)
                && (may_have(filter) || sub.listener.readers().contains(&event.pubkey));
            if filter.matches(event) && may_see && told.insert(Arc::as_ptr(sub)) {
                sub.tell(turn, &event.json);
            }
        }
    }
}

impl Index {
    fn remove(&mut self, listener: u64, sub: &str) {
        let Some((sub, keys)) = self.subs.remove(&(listener, sub.into())) else { return };
        sub.end();
        for key in keys {
            if let Some(entry) = self.filters.remove(&key) {
                self.file(key, &entry.filter, false);
            }
        }
    }

    /// Puts a filter into its drawers, or takes it out.
    fn file(&mut self, key: u64, filter: &Filter, add: bool) {
        fn put<K: std::hash::Hash + Eq>(drawers: &mut HashMap<K, Drawer>, name: K, key: u64, add: bool) {
            if add {
                drawers.entry(name).or_default().insert(key);
            } else if let Some(drawer) = drawers.get_mut(&name) {
                drawer.remove(&key);
                if drawer.is_empty() {
                    drawers.remove(&name);
                }
            }
        }
        if let Some(ids) = &filter.ids {
            ids.iter().for_each(|id| put(&mut self.by_id, *id, key, add));
        } else if let Some((letter, values)) = filter.tags.iter().min_by_key(|(_, values)| values.len()) {
            values.iter().for_each(|v| put(&mut self.by_tag, (*letter, v.clone()), key, add));
        } else if let Some(authors) = &filter.authors {
            authors.iter().for_each(|a| put(&mut self.by_author, *a, key, add));
        } else if let Some(kinds) = &filter.kinds {
            kinds.iter().for_each(|k| put(&mut self.by_kind, *k, key, add));
        } else if add {
            self.all.insert(key);
        } else {
            self.all.remove(&key);
        }
    }

    fn candidates(&self, event: &Event) -> HashSet<u64> {
        let mut found = self.all.clone();
        let mut add = |drawer: Option<&Drawer>| found.extend(drawer.into_iter().flatten());
        add(self.by_id.get(&event.id));
        add(self.by_author.get(&event.pubkey));
        add(self.by_kind.get(&event.kind));
        if !self.by_tag.is_empty() {
            for tag in &event.tags {
                if let [name, value, ..] = tag.as_slice()
                    && let Some(letter) = single_letter(name)
                {
                    add(self.by_tag.get(&(letter, value.clone())));
                }
            }
        }
        found
    }
}

/// The letter of a tag name that is one letter.
pub fn single_letter(name: &str) -> Option<char> {
    let mut chars = name.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    chars.next().is_none().then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};
    use axum::extract::ws::Utf8Bytes;
    use serde_json::json;
    use tokio::sync::mpsc;

    fn listener(id: u64) -> (Arc<Listener>, mpsc::UnboundedReceiver<Utf8Bytes>) {
        let (listener, outbox) = Listener::new(id);
        (listener, outbox)
    }

    fn filter(value: serde_json::Value) -> Filter {
        Filter::parse(&value, 100).unwrap()
    }

    fn event(kind: Kind, tags: &[[&str; 2]]) -> Event {
        let tags = tags.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect();
        Keys::generate().sign(Template { created_at: 1, kind, tags, content: String::new() })
    }

    fn subscribe(
        live: &Live,
        listener: &Arc<Listener>,
        name: &str,
        filters: Vec<Filter>,
    ) -> Arc<Subscription> {
        let sub = Subscription::new(listener, name);
        live.subscribe(&sub, filters);
        sub
    }

    #[test]
    fn found_by_every_drawer_once_per_subscription() {
        let live = Live::default();
        let (a, mut inbox) = listener(1);
        let e = event(1, &[["t", "x"]]);
        let filters = [
            json!({"ids": [e.id]}),
            json!({"authors": [e.pubkey]}),
            json!({"#t": ["x"]}),
            json!({"kinds": [1]}),
            json!({}),
        ];
        for value in &filters {
            subscribe(&live, &a, "one", vec![filter(value.clone())]).go_live(0);
            live.publish(&e, Some(1));
            live.publish(&event(7, &[]), Some(1));
            assert!(inbox.try_recv().is_ok(), "{value}");
            let again = inbox.try_recv().is_ok();
            assert_eq!(again, *value == json!({}), "{value}");
        }
        subscribe(&live, &a, "one", filters.iter().map(|f| filter(f.clone())).collect()).go_live(0);
        live.publish(&e, Some(1));
        assert!(inbox.try_recv().is_ok() && inbox.try_recv().is_err());
        live.unsubscribe(1, "one");
        live.publish(&e, Some(1));
        assert!(inbox.try_recv().is_err());
        let index = live.0.read().unwrap();
        assert!(
            index.filters.is_empty()
                && index.by_id.is_empty()
                && index.by_tag.is_empty()
                && index.all.is_empty()
        );
    }

    #[test]
    fn live_begins_where_the_stored_answer_ends() {
        let live = Live::default();
        let (a, mut inbox) = listener(1);
        let [before, during, after, late, passing] = [(); 5].map(|()| event(1, &[]));
        let sub = subscribe(&live, &a, "s", vec![filter(json!({"kinds": [1]}))]);
        // The answer's snapshot shows turns 1 and 2; three writes are published while it is read and sent.
        live.publish(&before, Some(1));
        live.publish(&passing, None);
        live.publish(&after, Some(3));
        assert!(inbox.try_recv().is_err(), "nothing before the answer");
        sub.go_live(2);
        // Committed before the snapshot, published after the answer.
        live.publish(&during, Some(2));
        live.publish(&late, Some(4));
        let mut told = Vec::new();
        while let Ok(frame) = inbox.try_recv() {
            told.push(frame);
        }
        let is = |frame: &Utf8Bytes, e: &Event| frame.contains(&e.id.to_string());
        assert!(
            told.len() == 3 && is(&told[0], &passing) && is(&told[1], &after) && is(&told[2], &late),
            "{told:?}"
        );
    }

    #[test]
    fn a_replaced_subscription_tells_nothing_more() {
        let live = Live::default();
        let (a, mut inbox) = listener(1);
        let first = subscribe(&live, &a, "s", vec![Filter::default()]);
        live.publish(&event(1, &[]), Some(1));
        let second = subscribe(&live, &a, "s", vec![filter(json!({"kinds": [7]}))]);
        assert!(first.is_over() && !second.is_over());
        first.go_live(0);
        second.go_live(0);
        assert!(inbox.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_waits_is_bounded() {
        let live = Live::default();
        let (a, _inbox) = listener(1);
        let _sub = subscribe(&live, &a, "s", vec![Filter::default()]);
        let e = event(1, &[]);
        (0..=WAITING).for_each(|_| live.publish(&e, Some(1)));
        a.ended().await;
    }

    #[test]
    fn wraps_reach_only_their_authenticated_recipient() {
        let live = Live::default();
        let (a, mut inbox) = listener(1);
        let p = Keys::generate().public();
        let wrap = event(1059, &[["p", &p.to_string()]]);
        subscribe(&live, &a, "s", vec![filter(json!({"#p": [p]}))]).go_live(0);
        live.publish(&wrap, Some(1));
        assert!(inbox.try_recv().is_err());
        a.authenticate(p);
        live.publish(&wrap, Some(2));
        assert!(inbox.try_recv().is_ok());
    }
}
