//! Messages and reactions of the service (`chat.bsky.convo.defs`), read. Pure; whatever does not fit is nothing.

use super::{ids::MessageId, order::from_emoji};
use crate::{
    data::Value,
    richtext::from_facets,
    syntax::{Datetime, Did},
    translate::{
        place::{POST, Place, page_at},
        posts_in::show,
    },
};
use landbridge_hub::InPost;
use landbridge_model::{Time, Visibility};
use serde_json::Value as Json;
use unicode_segmentation::UnicodeSegmentation;

/// Longest text taken over, in bytes: twice what the lexicon allows.
const LONGEST: usize = 20_000;

/// `messageView`.
pub struct Message {
    pub id: MessageId,
    pub sender: Did,
    /// The text as the service has it.
    pub written: String,
    /// Native id of the message that it answers.
    pub answers: Option<String>,
    pub post: InPost,
}

/// A message of a conversation; `None` for one that is deleted, or none.
pub fn message(convo: &str, view: &Json) -> Option<Message> {
    if kind(view) == "deletedMessageView" || kind(view) == "systemMessageView" {
        return None;
    }
    let id = message_id(convo, view)?;
    let sender = sender(view)?;
    let written = view.get("text")?.as_str()?;
    let text = written.replace('\0', " ");
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
    let facets = view.get("facets").and_then(|facets| Value::from_json(facets).ok());
    let mut rich = from_facets(text, facets.as_ref());
    let embedded = view.pointer("/embed/record/uri").and_then(Json::as_str).and_then(Place::parse);
    if let Some(page) = embedded.as_ref().and_then(page_at) {
        show(&mut rich, page);
    }
    let quote = embedded.filter(|place| place.collection == POST).map(|place| place.to_string());
    let answers = view.get("replyTo").and_then(|parent| message_id(convo, parent));
    Some(Message {
        post: InPost {
            native_id: id.to_string(),
            author: sender.to_string(),
            published: time(view, "sentAt"),
            visibility: Some(Visibility::Direct),
            text: rich,
            quote,
            quote_free: true,
            ..InPost::default()
        },
        id,
        sender,
        written: written.to_owned(),
        answers: answers.map(|id| id.to_string()),
    })
}

/// Which message of a conversation a view is of.
pub fn message_id(convo: &str, view: &Json) -> Option<MessageId> {
    MessageId::new(convo, view.get("id")?.as_str()?)
}

/// `reactionView`.
pub struct Reaction {
    pub sender: Did,
    /// Empty for a like.
    pub content: String,
    pub at: Time,
}

pub fn reaction(view: &Json) -> Option<Reaction> {
    let value = view.get("value")?.as_str()?;
    let one = value.graphemes(true).count() == 1 && value.len() <= 64;
    one.then_some(())?;
    Some(Reaction {
        sender: sender(view)?,
        content: from_emoji(value).to_owned(),
        at: time(view, "createdAt"),
    })
}

/// The name behind the `#` of a type.
pub fn kind(view: &Json) -> &str {
    let full = view.get("$type").and_then(Json::as_str).unwrap_or_default();
    full.strip_prefix("chat.bsky.convo.defs#").unwrap_or_default()
}

fn sender(view: &Json) -> Option<Did> {
    person(view.get("sender")?)
}

/// Who a view is of.
pub fn person(view: &Json) -> Option<Did> {
    Did::parse(view.get("did")?.as_str()?).ok().filter(|did| did.method().is_some())
}

fn time(view: &Json, field: &str) -> Time {
    let now = Time::now();
    let says = view.get(field).and_then(Json::as_str).and_then(|text| Datetime::parse(text).ok());
    says.map(|at| at.time()).filter(|at| at.0 > 0).map_or(now, |at| Time(at.0.min(now.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::MarkKind;
    use serde_json::json;

    const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

    #[test]
    fn a_message_is_private_and_bounded() {
        let view = json!({
            "$type": "chat.bsky.convo.defs#messageView", "id": "m1", "rev": "1", "text": "see x.example\0",
            "sender": { "did": DID }, "sentAt": "2024-05-01T10:00:00.000Z", "replyTo": { "id": "m0" },
            "facets": [{ "index": { "byteStart": 4, "byteEnd": 13 },
                         "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "https://x.example" }] }],
        });
        let read = message("c1", &view).unwrap();
        assert_eq!(
            (read.post.native_id.as_str(), read.answers.as_deref()),
            ("chat:c1/m1", Some("chat:c1/m0"))
        );
        assert_eq!(
            (read.post.visibility, read.post.text.text.as_str()),
            (Some(Visibility::Direct), "see x.example ")
        );
        assert!(matches!(read.post.text.marks[0].kind, MarkKind::Link { .. }));
        assert_eq!(read.post.published.rfc3339(), "2024-05-01T10:00:00.000Z");
        for (field, bad) in [
            ("id", json!("a/b")),
            ("id", json!(5)),
            ("sender", json!({ "did": "did:nonsense:x" })),
            ("text", json!(null)),
            ("$type", json!("chat.bsky.convo.defs#deletedMessageView")),
        ] {
            let mut view = view.clone();
            view[field] = bad;
            assert!(message("c1", &view).is_none(), "{field}");
        }
        let mut long = view.clone();
        long["text"] = json!("ä".repeat(LONGEST));
        assert!(message("c1", &long).unwrap().post.text.text.len() <= LONGEST);
    }

    #[test]
    fn a_quoted_post_is_one_and_a_link_to_it() {
        let uri = format!("at://{DID}/app.bsky.feed.post/3kabc");
        let view = json!({
            "id": "m1", "text": "", "sender": { "did": DID }, "sentAt": "x",
            "embed": { "$type": "app.bsky.embed.record#view", "record": { "uri": uri, "cid": "b" } },
        });
        let read = message("c1", &view).unwrap().post;
        assert_eq!(read.quote, Some(uri));
        assert!(read.text.text.starts_with("https://bsky.app/profile/"));
    }

    #[test]
    fn a_reaction_is_one_sign() {
        let view = |value: &str| json!({ "value": value, "sender": { "did": DID }, "createdAt": "x" });
        assert_eq!(reaction(&view("❤️")).unwrap().content, "");
        assert_eq!(reaction(&view("👩‍👩‍👧")).unwrap().content, "👩‍👩‍👧");
        assert!(reaction(&view("")).is_none() && reaction(&view("ab")).is_none());
    }
}
