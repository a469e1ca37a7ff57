//! What a pasted text names on this network: AT-URIs, DIDs, handles, pages of web apps.

use crate::{
    syntax::{AtIdentifier, AtUri, Did, Handle},
    translate::{
        place::{POST, PROFILE},
        profiles_in::did_in_name,
    },
};
use url::Url;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Person(AtIdentifier),
    /// Whose, collection, key.
    Record(AtIdentifier, String, String),
}

/// `reserved`: our reserved domain for people of this network. `None`: nothing of this network.
pub fn read(text: &str, reserved: &str) -> Option<Named> {
    // Apps put marks of direction around handles.
    let text = text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    if text.len() > 8192 {
        return None;
    }
    if text.starts_with("at://") {
        return uri(&AtUri::parse(text).ok()?);
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return page(&Url::parse(text).ok()?);
    }
    let name = text.strip_prefix('@').unwrap_or(text);
    let name = match name.split_once('@') {
        None => name,
        Some((name, domain)) => Some(name).filter(|_| domain.eq_ignore_ascii_case(reserved))?,
    };
    person(name).map(Named::Person)
}

fn person(name: &str) -> Option<AtIdentifier> {
    if let Some(did) = did_in_name(name) {
        return Some(AtIdentifier::Did(did));
    }
    match Did::parse(name) {
        Ok(did) => did.method().map(|_| AtIdentifier::Did(did)),
        Err(_) => Handle::parse(name).ok().map(AtIdentifier::Handle),
    }
}

fn uri(uri: &AtUri) -> Option<Named> {
    let whose = person(uri.authority().as_str())?;
    match (uri.collection(), uri.rkey()) {
        (None, _) => Some(Named::Person(whose)),
        (Some(collection), Some(_)) if *collection == *PROFILE => Some(Named::Person(whose)),
        (Some(collection), Some(rkey)) => {
            Some(Named::Record(whose, collection.to_string(), rkey.to_string()))
        }
        (Some(_), None) => None,
    }
}

/// `/profile/NAME` and `/profile/NAME/post/KEY`, on any host: web apps of this network have these paths from one another.
fn page(url: &Url) -> Option<Named> {
    let mut path = url.path_segments()?.filter(|segment| !segment.is_empty());
    if path.next() != Some("profile") {
        return None;
    }
    let whose = person(&path.next()?.replace("%3A", ":").replace("%3a", ":"))?;
    match (path.next(), path.next()) {
        (None, _) => Some(Named::Person(whose)),
        (Some("post"), Some(rkey)) => {
            let uri = format!("at://{whose}/{POST}/{rkey}");
            self::uri(&AtUri::parse(&uri).ok()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
        let read = |text: &str| read(text, "at.example.org");
        let person = |name: &str| Some(Named::Person(AtIdentifier::parse(name).unwrap()));
        for (text, name) in [
            ("alice.example.com", "alice.example.com"),
            (" @Alice.Example.com ", "alice.example.com"),
            ("\u{202a}@alice.example.com\u{202c}", "alice.example.com"),
            ("alice.example.com@at.example.org", "alice.example.com"),
            ("did_plc_ewvi7nxzyoun6zhxrhs64oiz@at.example.org", did),
            (did, did),
            ("at://alice.example.com", "alice.example.com"),
            ("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.actor.profile/self", did),
            ("https://bsky.app/profile/alice.example.com", "alice.example.com"),
            ("https://deer.social/profile/did:plc:ewvi7nxzyoun6zhxrhs64oiz/", did),
        ] {
            assert_eq!(read(text), person(name), "{text}");
        }
        let post = Some(Named::Record(AtIdentifier::parse(did).unwrap(), POST.into(), "3kabc".into()));
        assert_eq!(read(&format!("at://{did}/{POST}/3kabc")), post);
        assert_eq!(read(&format!("https://bsky.app/profile/{did}/post/3kabc?x=1#y")), post);
        for other in [
            "alice",
            "alice@example.com",
            "alice.example.com@at.evil.example",
            "https://x.example/@alice",
            "did:example:x",
            "https://bsky.app/profile/alice.example.com/feed/x",
            "at://alice",
            "",
            "https://bsky.app/profile/",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
