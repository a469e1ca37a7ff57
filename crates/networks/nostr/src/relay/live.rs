//! Live subscriptions, found by what an event is rather than one by one.
//!
//! Each filter is filed under its most telling condition: ids, else a tag, else authors, else kinds, else "all". An
//! event looks into the few drawers that it can be in, and only the filters found there are compared in full.

use crate::{
    event::{Event, Hex32, Kind},
    wire::{Filter, frames},
};
use axum::extract::ws::Utf8Bytes;
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::sync::{Notify, mpsc};

/// One connection, as seen by what sends to it.
pub struct Listener {
    pub id: u64,
    out: mpsc::Sender<Utf8Bytes>,
    /// Keys that it has proved (NIP-42).
    authenticated: Mutex<Vec<Hex32>>,
    /// Events with a wrong signature that it sent.
    forgeries: AtomicU32,
    /// Rings when the connection must end: it reads too slowly or sends forgeries.
    end: Notify,
}

/// Wrong signatures after which a connection ends: each costs us as much as a right one.
const FORGERIES: u32 = 20;

impl Listener {
    pub fn new(id: u64, out: mpsc::Sender<Utf8Bytes>) -> Listener {
        Listener {
            id,
            out,
            authenticated: Mutex::default(),
            forgeries: AtomicU32::new(0),
            end: Notify::new(),
        }
    }

    /// Sends when there is room; who lets frames pile up must go.
    pub fn send(&self, frame: String) {
        if self.out.try_send(frame.into()).is_err() {
            self.end.notify_one();
        }
    }

    /// Sends when there will be room. `false`: the connection is over.
    pub async fn send_patiently(&self, frame: String) -> bool {
        self.out.send(frame.into()).await.is_ok()
    }

    pub fn forged(&self) {
        if self.forgeries.fetch_add(1, Ordering::Relaxed) >= FORGERIES {
            self.end.notify_one();
        }
    }

    /// Waits until the connection must end.
    pub async fn ended(&self) {
        self.end.notified().await;
    }

    pub fn authenticate(&self, key: Hex32) {
        let mut keys = self.authenticated.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    pub fn readers(&self) -> Vec<Hex32> {
        self.authenticated.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gift wraps are shown to nobody but their recipient.
    pub fn may_see(&self, event: &Event) -> bool {
        if !crate::event::kind::is_wrap(event.kind) {
            return true;
        }
        let readers = self.authenticated.lock().unwrap_or_else(PoisonError::into_inner);
        event.wrap_recipient().is_some_and(|p| readers.contains(&p))
    }
}

#[derive(Default)]
pub struct Live(RwLock<Index>);

#[derive(Default)]
struct Index {
    next: u64,
    filters: HashMap<u64, Entry>,
    subs: HashMap<(u64, String), Vec<u64>>,
    by_id: HashMap<Hex32, Drawer>,
    by_tag: HashMap<(char, String), Drawer>,
    by_author: HashMap<Hex32, Drawer>,
    by_kind: HashMap<Kind, Drawer>,
    all: Drawer,
}

type Drawer = HashSet<u64>;

struct Entry {
    filter: Filter,
    sub: Arc<str>,
    listener: Arc<Listener>,
}

impl Live {
    /// Adds a subscription; one of the same name on the same connection is replaced.
    pub fn subscribe(&self, listener: &Arc<Listener>, sub: &str, filters: Vec<Filter>) {
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        index.remove(listener.id, sub);
        let name: Arc<str> = sub.into();
        let mut keys = Vec::with_capacity(filters.len());
        for filter in filters.into_iter().filter(|f| !f.is_empty()) {
            let key = index.next;
            index.next += 1;
            index.file(key, &filter, true);
            index.filters.insert(key, Entry { filter, sub: name.clone(), listener: listener.clone() });
            keys.push(key);
        }
        index.subs.insert((listener.id, sub.to_owned()), keys);
    }

    pub fn unsubscribe(&self, listener: u64, sub: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(listener, sub);
    }

    /// Sends the event to every subscription that it matches, once each.
    pub fn publish(&self, event: &Event) {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if index.filters.is_empty() {
            return;
        }
        let mut told: HashSet<(u64, Arc<str>)> = HashSet::new();
        for key in index.candidates(event) {
            let Some(entry) = index.filters.get(&key) else { continue };
            if !entry.filter.matches(event) || !entry.listener.may_see(event) {
                continue;
            }
            if told.insert((entry.listener.id, entry.sub.clone())) {
                entry.listener.send(frames::event(&entry.sub, &event.json));
            }
        }
    }
}

impl Index {
    fn remove(&mut self, listener: u64, sub: &str) {
        for key in self.subs.remove(&(listener, sub.to_owned())).unwrap_or_default() {
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
    use serde_json::json;

    fn listener(id: u64) -> (Arc<Listener>, mpsc::Receiver<Utf8Bytes>) {
        let (out, inbox) = mpsc::channel(4);
        (Arc::new(Listener::new(id, out)), inbox)
    }

    fn filter(value: serde_json::Value) -> Filter {
        Filter::parse(&value, 100).unwrap()
    }

    fn event(kind: Kind, tags: &[[&str; 2]]) -> Event {
        let tags = tags.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect();
        Keys::generate().sign(Template { created_at: 1, kind, tags, content: String::new() })
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
            live.subscribe(&a, "one", vec![filter(value.clone())]);
            live.publish(&e);
            live.publish(&event(7, &[]));
            assert!(inbox.try_recv().is_ok(), "{value}");
            let again = inbox.try_recv().is_ok();
            assert_eq!(again, *value == json!({}), "{value}");
        }
        live.subscribe(&a, "one", filters.iter().map(|f| filter(f.clone())).collect());
        live.publish(&e);
        assert!(inbox.try_recv().is_ok() && inbox.try_recv().is_err());
        live.unsubscribe(1, "one");
        live.publish(&e);
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
    fn wraps_reach_only_their_authenticated_recipient() {
        let live = Live::default();
        let (a, mut inbox) = listener(1);
        let p = Keys::generate().public();
        let wrap = event(1059, &[["p", &p.to_string()]]);
        live.subscribe(&a, "s", vec![filter(json!({"#p": [p]}))]);
        live.publish(&wrap);
        assert!(inbox.try_recv().is_err());
        a.authenticate(p);
        live.publish(&wrap);
        assert!(inbox.try_recv().is_ok());
    }

    #[tokio::test]
    async fn who_does_not_read_is_told_to_go() {
        let live = Live::default();
        let (a, _inbox) = listener(1);
        live.subscribe(&a, "s", vec![Filter::default()]);
        (0..5).for_each(|_| live.publish(&event(1, &[])));
        a.ended().await;
    }
}
