//! Keys of ours that are no members': clients towards members' own signers (NIP-46). While one is awaited, whoever answers
//! it may do so on our relay, and we listen there without a detour over the network.

use super::{Relay, listener::Listener, live::Subscription};
use crate::{
    event::{Event, Hex32, kind},
    wire::{Filter, ServerFrame},
};
use axum::extract::ws::Utf8Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// How many wait for each key.
#[derive(Default)]
pub struct Guests(Mutex<HashMap<Hex32, usize>>);

impl Guests {
    pub fn is_awaited(&self, key: &Hex32) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    fn add(&self, key: Hex32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
    }

    fn remove(&self, key: &Hex32) {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = guests.get_mut(key) {
            *count -= 1;
            if *count == 0 {
                guests.remove(key);
            }
        }
    }
}

/// What is said on our relay to one key, in events of kind 24133, until this is dropped.
pub struct Ear {
    relay: Relay,
    key: Hex32,
    listener: Arc<Listener>,
    inbox: mpsc::UnboundedReceiver<Utf8Bytes>,
}

const SUB: &str = "ear";

impl Relay {
    pub fn listen_for(&self, key: Hex32) -> Ear {
        let (listener, inbox) = Listener::open();
        self.0.guests.add(key);
        let filter = Filter::default().kinds([kind::NOSTR_CONNECT]).tag('p', [key.to_string()]);
        let subscription = Subscription::new(&listener, SUB);
        self.0.live.subscribe(&subscription, vec![filter]);
        subscription.go_live(0);
        Ear { relay: self.clone(), key, listener, inbox }
    }
}

impl Ear {
    /// The next event; the relay has checked it.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let frame = self.inbox.recv().await?;
            self.listener.sent(frame.len());
            if let Ok(ServerFrame::Event { event, .. }) = ServerFrame::parse(&frame)
                && let Ok(event) = Event::from_json(event)
            {
                return Some(event);
            }
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.relay.0.live.unsubscribe(self.listener.id, SUB);
        self.relay.0.guests.remove(&self.key);
    }
}
