//! What is to be done at the service, as it waits in the outbox (sealed, like everything private).

use landbridge_model::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Of a deletion, in the delivery record.
pub const FOR_SELF: &str =
    "deleted for you: AT Protocol's chat service deletes messages for oneself only, and the others keep it";
/// Of an edit, in the delivery record.
pub const NO_EDITS: &str = "AT Protocol's chat service has no edits: the others keep the first version";
/// What a like is there: a reaction is always an emoji.
const LIKE: &str = "❤️";

/// One order. Messages are named by the ids of their posts here: the service may not have given its own yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// `people`: DIDs in order, without the member. `message`: `chat.bsky.convo.defs#messageInput`.
    Send {
        people: Vec<String>,
        answers: Option<Id>,
        message: Json,
    },
    DeleteForSelf,
    /// `value`: one emoji.
    React {
        message: Id,
        value: String,
    },
    Unreact {
        message: Id,
        value: String,
    },
}

impl Order {
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn read(bytes: &[u8]) -> Option<Order> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Whether a delivery is one: records need none, and have no bytes.
pub fn is_order(bytes: &[u8]) -> bool {
    !bytes.is_empty()
}

/// A reaction as the service takes it.
pub fn to_emoji(content: &str) -> String {
    if content.is_empty() { LIKE.to_owned() } else { content.to_owned() }
}

/// The same on the way in.
pub fn from_emoji(value: &str) -> &str {
    if matches!(value, LIKE | "❤") { "" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_likes_go_both_ways() {
        let order = Order::React { message: Id(7), value: to_emoji("") };
        assert_eq!(Order::read(&order.bytes()), Some(order));
        assert_eq!((from_emoji(&to_emoji("")), from_emoji(&to_emoji("🐘"))), ("", "🐘"));
        assert_eq!(Order::read(b"{}"), None);
    }
}
