//! The event bus: wakes streams and background work after a commit.

use landbridge_model::{Id, Network};
use tokio::sync::broadcast;

/// Something was committed.
#[derive(Clone, Debug)]
pub struct Event {
    /// Members that it concerns; `public` ones concern everybody who listens to public streams.
    pub members: Vec<Id>,
    pub public: bool,
    pub kind: EventKind,
}

#[derive(Clone, Debug)]
pub enum EventKind {
    /// A post or repost is new on the members' home timelines (or on the public one).
    Post(Id),
    Edited(Id),
    Deleted(Id),
    /// A private message is new in the members' conversations.
    Message(Id),
    /// A notification.
    Notification(Id),
    /// A native object of ours was signed or accepted: for relays and firehoses.
    Native {
        network: Network,
        native_id: String,
    },
    /// A member's account or grants changed: open streams look again.
    Member(Id),
}

/// Sends events to whoever listens now. A slow listener is told how many it missed and reads the store instead.
#[derive(Clone)]
pub struct Bus(broadcast::Sender<Event>);

impl Default for Bus {
    fn default() -> Self {
        Bus(broadcast::channel(4096).0)
    }
}

impl Bus {
    pub fn send(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.0.send(event);
    }

    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
