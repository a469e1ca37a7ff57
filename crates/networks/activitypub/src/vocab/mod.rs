//! The network's vocabulary as servers really write it: JSON with names known by string, never processed as JSON-LD,
//! every shape that was seen in the wild accepted, nothing trusted to be there.

mod address;
mod document;
mod language;
mod node;

pub use address::{ADDRESSES, PUBLIC, addressed, is_public, visibility};
pub use document::{MAX_BODY, TooMuch, parse};
pub use language::{Localized, localized};
pub use node::Node;

/// Media type of documents and deliveries.
pub const ACTIVITY_JSON: &str = "application/activity+json";
/// What requests ask for: both names of the same thing.
pub const ACCEPT: &str =
    "application/activity+json, application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

pub const ACTOR_TYPES: &[&str] = &["Person", "Service", "Group", "Organization", "Application"];

/// Objects that become posts here.
pub const POST_TYPES: &[&str] =
    &["Note", "Question", "Article", "Page", "Video", "Image", "Audio", "Event", "Document", "ChatMessage"];

/// Whether a media type is one that an ActivityPub document may come with. Anything else could be a file that
/// somebody uploaded.
pub fn is_activity_type(content_type: &str) -> bool {
    let mut parts = content_type.split(';');
    let media = parts.next().unwrap_or_default().trim();
    let profile =
        |p: &str| p.trim().to_ascii_lowercase().starts_with("profile=") && p.contains("activitystreams");
    media.eq_ignore_ascii_case(ACTIVITY_JSON)
        || media.eq_ignore_ascii_case("application/ld+json") && parts.any(profile)
}

/// Host and port of two URLs are the same: who may speak for whom (FEP-fe34, same origin).
pub fn same_authority(a: &str, b: &str) -> bool {
    match (authority(a), authority(b)) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    }
}

/// Scheme, host and port of an `http` or `https` URL, as text. A host with characters that a parser would leave out or
/// take for something else is none.
pub fn authority(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let strange = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '@' | '\\');
    let host = rest.get(..end).filter(|h| web && !h.is_empty() && !h.contains(strange))?;
    url.get(..scheme.len() + 3 + host.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        assert!(same_authority("https://a.example/x", "https://A.example#y"));
        assert!(!same_authority("https://a.example/x", "http://a.example/x"));
        assert!(!same_authority("https://a.example:8443/", "https://a.example/"));
        assert!(!same_authority("https://a.example@evil.example/", "https://a.example/"));
        assert!(!same_authority("at://did:plc:x", "at://did:plc:x"));
        assert!(!same_authority("ftps://a.example/", "ftps://a.example/"));
        assert!(!same_authority("https://a.example\u{1}/", "https://a.example\u{1}/"));
    }

    #[test]
    fn only_activity_types() {
        assert!(is_activity_type("application/activity+json; charset=utf-8"));
        assert!(is_activity_type("application/ld+json;profile=\"https://www.w3.org/ns/activitystreams\""));
        assert!(!is_activity_type("application/json"));
        assert!(!is_activity_type("application/ld+json"));
        assert!(!is_activity_type("text/html"));
    }
}
