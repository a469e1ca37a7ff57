//! Addressing: who a thing is for.

use super::Node;
use landbridge_model::Visibility;

pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Where a thing says for whom it is; the hidden ones (`bto`, `bcc`) are taken off before it is sent.
pub const ADDRESSES: [&str; 3] = ["to", "cc", "audience"];

/// The public collection, in any of its spellings.
pub fn is_public(id: &str) -> bool {
    matches!(id, PUBLIC | "as:Public" | "Public")
}

/// How widely an object is addressed. `followers`: the author's followers collection, when known.
pub fn visibility(node: Node<'_>, followers: Option<&str>) -> Visibility {
    let is_followers = |id: &str| Some(id) == followers || followers.is_none() && id.contains("/followers");
    if node.ids("to").any(is_public) {
        Visibility::Public
    } else if node.ids("cc").any(is_public) || node.ids("audience").any(is_public) {
        Visibility::Unlisted
    } else if node.ids("to").chain(node.ids("cc")).any(is_followers) {
        Visibility::Followers
    } else {
        Visibility::Direct
    }
}

/// Everyone who is named as a receiver, but for the public and collections of followers.
pub fn addressed<'a>(node: Node<'a>) -> impl Iterator<Item = &'a str> {
    let all = ADDRESSES.into_iter().flat_map(move |name| node.ids(name));
    all.filter(|id| !is_public(id) && !id.contains("/followers"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn widths() {
        let of = |doc: serde_json::Value| visibility(Node(&doc), None);
        assert_eq!(of(json!({"to": PUBLIC})), Visibility::Public);
        assert_eq!(of(json!({"to": ["https://a/followers"], "cc": "as:Public"})), Visibility::Unlisted);
        assert_eq!(of(json!({"to": ["https://a/followers"], "cc": "https://b"})), Visibility::Followers);
        assert_eq!(of(json!({"to": ["https://b"]})), Visibility::Direct);
        assert_eq!(of(json!({})), Visibility::Direct);
    }
}
