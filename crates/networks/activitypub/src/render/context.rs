//! The fixed `@context`: others match these names by string, so they are written as they are known.

use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Adds the context that covers every term we write.
pub fn with_context(mut object: Value) -> Value {
    if let Value::Object(map) = &mut object {
        map.insert("@context".into(), context());
    }
    object
}

/// [`with_context`] for an object that will carry a proof.
pub(crate) fn add_context(map: &mut Map<String, Value>) {
    map.insert("@context".into(), context());
}

/// `schema` is not where schema.org is, yet what everybody matches.
const CONTEXT: &str = r#"[
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/v1",
        "https://w3id.org/security/data-integrity/v1",
        "https://w3id.org/security/multikey/v1",
        {
            "toot": "http://joinmastodon.org/ns#",
            "misskey": "https://misskey-hub.net/ns#",
            "gts": "https://gotosocial.org/ns#",
            "litepub": "http://litepub.social/ns#",
            "ostatus": "http://ostatus.org#",
            "schema": "http://schema.org#",
            "Hashtag": "as:Hashtag",
            "Emoji": "toot:Emoji",
            "EmojiReact": "litepub:EmojiReact",
            "ChatMessage": "litepub:ChatMessage",
            "PropertyValue": "schema:PropertyValue",
            "value": "schema:value",
            "sensitive": "as:sensitive",
            "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
            "movedTo": {"@id": "as:movedTo", "@type": "@id"},
            "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
            "conversation": "ostatus:conversation",
            "featured": {"@id": "toot:featured", "@type": "@id"},
            "discoverable": "toot:discoverable",
            "indexable": "toot:indexable",
            "suspended": "toot:suspended",
            "blurhash": "toot:blurhash",
            "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
            "votersCount": "toot:votersCount",
            "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
            "_misskey_quote": "misskey:_misskey_quote",
            "_misskey_reaction": "misskey:_misskey_reaction",
            "quoteUrl": "as:quoteUrl",
            "quoteUri": "http://fedibird.com/ns#quoteUri",
            "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
            "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
            "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
            "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
            "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
            "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
            "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
            "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
            "approvedBy": {"@id": "gts:approvedBy", "@type": "@id"},
            "replyAuthorization": {"@id": "gts:replyAuthorization", "@type": "@id"},
            "announceAuthorization": {"@id": "gts:announceAuthorization", "@type": "@id"},
            "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
            "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"}
        }
    ]"#;

fn context() -> Value {
    static PARSED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(CONTEXT).unwrap_or_default());
    PARSED.clone()
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_json() {
        assert_eq!(super::context()[0], "https://www.w3.org/ns/activitystreams");
    }
}
