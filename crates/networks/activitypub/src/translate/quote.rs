//! Quotes: FEP-044f and all its forerunners.

use super::web_url;
use crate::vocab::{Node, is_activity_type, is_public};
use landbridge_model::{Audience, Groups};

/// What a post quotes, and whose leave it carries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReadQuote {
    pub(super) quoted: Option<String>,
    /// Native id of the stamp; not verified yet.
    pub(super) stamp: Option<String>,
    /// Made in one of the older ways, which know of no leave.
    pub(super) legacy: bool,
}

pub(super) fn read(node: Node<'_>) -> ReadQuote {
    // What was quoted is so no more, whatever is written for readers of the older ways.
    if node.object("quote").is_some_and(|quote| quote.is("Tombstone")) {
        return ReadQuote::default();
    }
    let url = |name: &str| node.id(name).and_then(web_url).map(str::to_owned);
    let modern = url("quote").or_else(|| url("https://w3id.org/fep/044f#quote"));
    let legacy = modern.is_none();
    let older = || ["quoteUrl", "quoteUri", "_misskey_quote", "quoteURL"].into_iter().find_map(url);
    let quoted = modern.or_else(older).or_else(|| linked(node));
    let stamp = url("quoteAuthorization").filter(|_| quoted.is_some());
    ReadQuote { legacy: legacy && quoted.is_some(), quoted, stamp }
}

/// FEP-e232: a Link tag to an object that the text refers to as `RE: url`.
fn linked(node: Node<'_>) -> Option<String> {
    let is_quote = |tag: &Node<'_>| {
        let rel = tag
            .list("rel")
            .any(|r| r.0.as_str().is_some_and(|r| r.ends_with("_misskey_quote") || r.ends_with("#quote")));
        let typed = tag.text("mediaType").is_some_and(is_activity_type);
        let named = tag.text("name").is_some_and(|n| n.starts_with("RE:"));
        tag.is("Link") && (rel || typed && named)
    };
    node.list("tag").find(is_quote).and_then(|t| web_url(t.text("href")?)).map(str::to_owned)
}

/// `interactionPolicy.canQuote`: who may quote without asking. A hint for the reader, never a test of validity.
/// Silence means that the author's server knows no such say.
pub(super) fn policy(node: Node<'_>, author: &str) -> Audience {
    let Some(can) = node.object("interactionPolicy").and_then(|p| p.object("canQuote")) else {
        return Audience::Everyone;
    };
    let automatic = || can.ids("automaticApproval").chain(can.ids("always"));
    let collection = |path: &str| automatic().any(|id| id != author && id.contains(path));
    match automatic().any(is_public) {
        true => Audience::Everyone,
        false => Audience::of(Groups {
            followers: collection("/followers"),
            following: collection("/following"),
            mentioned: false,
            ..Groups::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn every_way_to_quote() {
        let q = "https://a.example/1";
        let quoted = |doc: Value| read(Node(&doc)).quoted;
        for name in ["quote", "quoteUrl", "quoteUri", "_misskey_quote"] {
            assert_eq!(quoted(json!({ name: q })).as_deref(), Some(q), "{name}");
        }
        let rel =
            json!({"tag": {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": q}});
        assert_eq!(quoted(rel).as_deref(), Some(q));
        let e232 = json!({"tag": [{"type": "Link", "mediaType": "application/activity+json", "name": "RE: x", "href": q}]});
        assert_eq!(quoted(e232).as_deref(), Some(q));
        assert_eq!(quoted(json!({"tag": {"type": "Link", "href": q}, "quoteUrl": "javascript:x"})), None);
        assert_eq!(quoted(json!({"quote": {"type": "Tombstone", "id": q}, "quoteUri": q})), None);
    }

    #[test]
    fn policies() {
        let of = |automatic: Value| {
            policy(
                Node(&json!({"interactionPolicy": {"canQuote": {"automaticApproval": automatic}}})),
                "https://a.example/u",
            )
        };
        assert_eq!(of(json!("as:Public")), Audience::Everyone);
        assert_eq!(of(json!(["https://a.example/u/followers"])), Audience::Followers);
        assert_eq!(of(json!(["https://a.example/u/following"])), Audience::Following);
        assert_eq!(of(json!(["https://a.example/u"])), Audience::Nobody);
        let both = Groups { followers: true, following: true, ..Groups::default() };
        let listed = json!(["https://a.example/u/followers", "https://a.example/u/following"]);
        assert_eq!(of(listed), Audience::Several(both));
        assert_eq!(policy(Node(&json!({})), "x"), Audience::Everyone);
    }
}
