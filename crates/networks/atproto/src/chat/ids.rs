//! What messages and reactions are called here: `chat:CONVERSATION/MESSAGE`, with the ids that the service gives. No AT-URI
//! looks like that, so nobody takes a message for a record. Until the service has given its id, a message is `chat:~POST`.

use landbridge_model::Id;
use std::fmt;

const SCHEME: &str = "chat:";
/// Longest id of the service.
const LONGEST: usize = 128;

/// A message at the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId {
    pub convo: String,
    pub message: String,
}

impl MessageId {
    pub fn new(convo: &str, message: &str) -> Option<MessageId> {
        (is_id(convo) && is_id(message))
            .then(|| MessageId { convo: convo.to_owned(), message: message.to_owned() })
    }

    /// From a native id; `None` for what is none of a message, or a provisional one.
    pub fn parse(native_id: &str) -> Option<MessageId> {
        let (convo, message) = native_id.strip_prefix(SCHEME)?.split_once('/')?;
        MessageId::new(convo, message)
    }
}

impl fmt::Display for MessageId {
    /// The native id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.convo, self.message)
    }
}

/// Whether this can be an id of the service.
pub fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(plain)
}

/// Of a message that the service does not have yet.
pub fn provisional(post: Id) -> String {
    format!("{SCHEME}~{post}")
}

/// Of a member's reaction; `mark` tells it from others to the same message. The service gives them no ids.
pub fn of_reaction(message: &str, mark: &str) -> String {
    format!("{message}~{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_both_ways_and_are_nothing_else() {
        let id = MessageId::new("3kabc", "m-1_:.").unwrap();
        assert_eq!(MessageId::parse(&id.to_string()), Some(id.clone()));
        for other in [
            provisional(Id(7)),
            of_reaction(&id.to_string(), "3k"),
            "chat:a".into(),
            "chat:/b".into(),
            "chat:a/b/c".into(),
            "at://did:plc:x/app.bsky.feed.post/3k".into(),
        ] {
            assert_eq!(MessageId::parse(&other), None, "{other}");
        }
        for bad in ["", "a b", "a~b", "a/b", "ä", &"x".repeat(LONGEST + 1)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
