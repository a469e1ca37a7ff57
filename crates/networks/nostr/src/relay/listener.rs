//! One connection, as seen by what sends to it: a queue that is bounded in bytes, the keys that it proved, its end.

use crate::event::{Event, Hex32, kind};
use axum::extract::ws::Utf8Bytes;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering},
};
use tokio::sync::{Notify, Semaphore, mpsc};

/// What may wait for a client to read it, in units of [`UNIT`] bytes: 2 MiB.
const ROOM: usize = 8_192;
const UNIT: usize = 256;
/// Wrong signatures after which a connection ends: each costs us as much as a right one.
const FORGERIES: u32 = 20;

pub struct Listener {
    pub id: u64,
    out: mpsc::UnboundedSender<Utf8Bytes>,
    /// What may still be put into `out`.
    room: Semaphore,
    /// Keys that it has proved (NIP-42).
    authenticated: Mutex<Vec<Hex32>>,
    /// Events with a wrong signature that it sent.
    forgeries: AtomicU32,
    /// Rings when the connection must end: it reads too slowly or sends forgeries.
    end: Notify,
}

impl Listener {
    /// One more connection.
    pub fn open() -> (Arc<Listener>, mpsc::UnboundedReceiver<Utf8Bytes>) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Listener::new(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// A listener, and where its frames come out; tell [`Listener::sent`] of each.
    pub(super) fn new(id: u64) -> (Arc<Listener>, mpsc::UnboundedReceiver<Utf8Bytes>) {
        let (out, outbox) = mpsc::unbounded_channel();
        let listener = Listener {
            id,
            out,
            room: Semaphore::new(ROOM),
            authenticated: Mutex::default(),
            forgeries: AtomicU32::new(0),
            end: Notify::new(),
        };
        (Arc::new(listener), outbox)
    }

    /// Sends when there is room; who lets frames pile up must go.
    pub fn send(&self, frame: String) {
        match self.room.try_acquire_many(cost(frame.len())) {
            Ok(room) => {
                room.forget();
                let _ = self.out.send(frame.into());
            }
            Err(_) => self.must_end(),
        }
    }

    /// Sends when there will be room. `false`: the connection is over.
    pub async fn send_patiently(&self, frame: String) -> bool {
        let Ok(room) = self.room.acquire_many(cost(frame.len())).await else { return false };
        room.forget();
        self.out.send(frame.into()).is_ok()
    }

    /// A frame of so many bytes has been handed to the network.
    pub fn sent(&self, bytes: usize) {
        self.room.add_permits(cost(bytes) as usize);
    }

    pub fn must_end(&self) {
        self.end.notify_one();
    }

    /// Waits until the connection must end.
    pub async fn ended(&self) {
        self.end.notified().await;
    }

    pub fn forged(&self) {
        if self.forgeries.fetch_add(1, Ordering::Relaxed) >= FORGERIES {
            self.must_end();
        }
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
        if !kind::is_wrap(event.kind) {
            return true;
        }
        let readers = self.authenticated.lock().unwrap_or_else(PoisonError::into_inner);
        event.wrap_recipient().is_some_and(|p| readers.contains(&p))
    }
}

/// A frame's share of the room; one that is larger than all of it takes it all.
fn cost(bytes: usize) -> u32 {
    (1 + bytes / UNIT).min(ROOM) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_read_is_told_to_go() {
        let (slow, mut outbox) = Listener::new(1);
        let frame = "x".repeat(100 * UNIT);
        let fits = ROOM / 101;
        (0..fits).for_each(|_| slow.send(frame.clone()));
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), slow.ended()).await.is_err());
        // Once it has read one, there is room for one.
        slow.sent(outbox.recv().await.unwrap().len());
        slow.send(frame.clone());
        slow.send(frame.clone());
        slow.ended().await;
        assert!(slow.send_patiently("y".into()).await);
    }
}
