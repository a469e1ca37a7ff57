//! From JSON to a checked event.

use super::{Class, Event, EventError, Hex32, Kind, SECP, Tag, TagsExt, hex32, is_indexable, kind, point};
use serde::Deserialize;
use std::{borrow::Cow, fmt::Write as _, sync::Arc};

/// What an event may measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub tags: usize,
    /// Values per tag (an `imeta` or a list of relays has many).
    pub values: usize,
    /// Bytes per value.
    pub value_bytes: usize,
    /// Bytes.
    pub content_bytes: usize,
}

/// Bytes of a `d` tag: it is part of what the store indexes.
const LONGEST_D: usize = 1_024;

impl Default for Limits {
    fn default() -> Self {
        // Follow lists have thousands of tags.
        Limits { tags: 10_000, values: 100, value_bytes: 16 * 1024, content_bytes: 256 * 1024 }
    }
}

/// A well-formed event of which nothing is proved.
#[derive(Debug)]
pub struct Unverified<'a> {
    pub id: Hex32,
    pub pubkey: Hex32,
    pub created_at: i64,
    pub kind: Kind,
    pub tags: Vec<Tag>,
    pub content: Cow<'a, str>,
    sig: [u8; 64],
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    pubkey: Cow<'a, str>,
    created_at: i64,
    kind: Kind,
    tags: Vec<Tag>,
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
}

impl<'a> Unverified<'a> {
    /// Reads the JSON object. Duplicate fields, wrong types and broken escapes are errors, unknown fields are
    /// ignored (and not kept: they are not signed).
    pub fn parse(json: &'a str, limits: &Limits) -> Result<Unverified<'a>, EventError> {
        let wire: Wire<'a> = serde_json::from_str(json).map_err(|e| EventError::Malformed(e.to_string()))?;
        if wire.tags.len() > limits.tags {
            return Err(EventError::TooManyTags);
        }
        let bad = |tag: &Tag| {
            tag.is_empty() || tag.len() > limits.values || tag.iter().any(|v| v.len() > limits.value_bytes)
        };
        if wire.tags.iter().any(bad) {
            return Err(EventError::TagTooLong);
        }
        let d = wire.tags.value("d").unwrap_or_default();
        if kind::class(wire.kind) == Class::Addressable && (d.len() > LONGEST_D || !is_indexable(d)) {
            return Err(EventError::Address);
        }
        if wire.content.len() > limits.content_bytes {
            return Err(EventError::ContentTooLong);
        }
        if wire.created_at < 0 {
            return Err(EventError::Time);
        }
        Ok(Unverified {
            id: wire.id.parse().map_err(|_| EventError::Hex("id"))?,
            pubkey: wire.pubkey.parse().map_err(|_| EventError::Hex("pubkey"))?,
            sig: hex32::decode(&wire.sig).map_err(|_| EventError::Hex("sig"))?,
            created_at: wire.created_at,
            kind: wire.kind,
            tags: wire.tags,
            content: wire.content,
        })
    }

    /// The event that was read from `json`, which is known to be right and in the form that is served.
    pub(super) fn stored(self, json: &str) -> Event {
        let Unverified { id, pubkey, created_at, kind, tags, content, .. } = self;
        Event { id, pubkey, created_at, kind, tags, content: content.into_owned(), json: json.into() }
    }

    /// Checks the id and the signature (BIP-340).
    pub fn verify(self) -> Result<Event, EventError> {
        let preimage = Preimage::new(&self.pubkey, self.created_at, self.kind, &self.tags, &self.content);
        if !preimage.is_hashed_to(&self.id) {
            return Err(EventError::Id);
        }
        let key = point(&self.pubkey)?;
        let sig = secp256k1::schnorr::Signature::from_byte_array(self.sig);
        SECP.verify_schnorr(&sig, &self.id.0, &key).map_err(|_| EventError::Signature)?;
        let json = preimage.event_json(&self.id, &self.sig);
        Ok(Event {
            id: self.id,
            pubkey: self.pubkey,
            created_at: self.created_at,
            kind: self.kind,
            tags: self.tags,
            content: self.content.into_owned(),
            json,
        })
    }
}

/// `[0,pubkey,created_at,kind,tags,content]` in the one spelling that is hashed.
pub(super) struct Preimage {
    text: String,
    /// Where `created_at` starts.
    rest: usize,
    /// Where the tags start and the content's comma stands.
    tags: usize,
    content: usize,
    /// A control character without a short escape occurs: NIP-01 hashes it verbatim, JSON may not hold it so.
    control: bool,
}

impl Preimage {
    pub(super) fn new(pubkey: &Hex32, created_at: i64, kind: Kind, tags: &[Tag], content: &str) -> Preimage {
        let mut text = String::with_capacity(content.len() + content.len() / 8 + tags.len() * 80 + 128);
        let mut control = false;
        text.push_str("[0,\"");
        let _ = write!(text, "{pubkey}");
        text.push_str("\",");
        let rest = text.len();
        text.push_str(&created_at.to_string());
        text.push(',');
        text.push_str(&kind.to_string());
        text.push(',');
        let tags_at = text.len();
        text.push('[');
        for (n, tag) in tags.iter().enumerate() {
            text.push_str(if n == 0 { "[" } else { ",[" });
            for (m, value) in tag.iter().enumerate() {
                if m > 0 {
                    text.push(',');
                }
                control |= quote(value, &mut text);
            }
            text.push(']');
        }
        text.push(']');
        let content_at = text.len();
        text.push(',');
        control |= quote(content, &mut text);
        text.push(']');
        Preimage { text, rest, tags: tags_at, content: content_at, control }
    }

    /// The hash. Where control characters occur, they are hashed as `\u00XX`: libraries and relays do so, whatever
    /// NIP-01 says, and would refuse what we sign otherwise.
    pub(super) fn id(&self) -> Hex32 {
        match self.control {
            true => sha256(escape_controls(&self.text).as_bytes()),
            false => sha256(self.text.as_bytes()),
        }
    }

    /// The id is the hash, of either spelling.
    fn is_hashed_to(&self, id: &Hex32) -> bool {
        self.id() == *id || (self.control && sha256(self.text.as_bytes()) == *id)
    }

    /// The event as compact JSON. The escaped tags and content are taken over as they stand.
    pub(super) fn event_json(&self, id: &Hex32, sig: &[u8; 64]) -> Arc<str> {
        let escaped;
        let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
        let (tags, content) = (part(self.tags, self.content), part(self.content + 1, self.text.len() - 1));
        let (tags, content) = if self.control {
            escaped = (escape_controls(tags), escape_controls(content));
            (escaped.0.as_str(), escaped.1.as_str())
        } else {
            (tags, content)
        };
        let numbers = part(self.rest, self.tags);
        let (created_at, kind) = numbers.trim_end_matches(',').split_once(',').unwrap_or_default();
        let pubkey = part(4, 68);
        format!(
            r#"{{"id":"{id}","pubkey":"{pubkey}","created_at":{created_at},"kind":{kind},"tags":{tags},"content":{content},"sig":"{}"}}"#,
            hex::encode(sig)
        )
        .into()
    }
}

/// Appends the value in quotes with NIP-01's seven escapes; says whether another control character occurs.
fn quote(value: &str, out: &mut String) -> bool {
    let mut control = false;
    let mut from = 0;
    out.push('"');
    for (at, byte) in value.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x20.. => continue,
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            _ => {
                control = true;
                continue;
            }
        };
        out.push_str(value.get(from..at).unwrap_or_default());
        out.push_str(escape);
        from = at + 1;
    }
    out.push_str(value.get(from..).unwrap_or_default());
    out.push('"');
    control
}

fn escape_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c < ' ' {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}

fn sha256(bytes: &[u8]) -> Hex32 {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Hex32::from_slice(digest.as_ref()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Keys, Template};
    use super::*;

    fn signed(content: &str, tags: Vec<Tag>) -> Event {
        Keys::generate().sign(Template { created_at: 1_700_000_000, kind: 1, tags, content: content.into() })
    }

    #[test]
    fn what_is_signed_verifies_and_what_is_changed_does_not() {
        let event =
            signed("quo\"te \\ new\nline é\u{2028}", vec![vec!["t".into(), "a\tb".into()], vec!["-".into()]]);
        assert_eq!(Event::from_json(&event.json).unwrap(), event);
        let changed = event.json.replace("quo", "qua");
        assert_eq!(Event::from_json(&changed), Err(EventError::Id));
        let sig_at = event.json.rfind("\"sig\":\"").unwrap() + 7;
        let mut forged = event.json.to_string();
        let digit = if &forged[sig_at..=sig_at] == "0" { "1" } else { "0" };
        forged.replace_range(sig_at..=sig_at, digit);
        assert_eq!(Event::from_json(&forged), Err(EventError::Signature));
    }

    #[test]
    fn the_nostr_crate_agrees_on_id_and_signature() {
        let event =
            signed("hello <b> / \u{1} \u{7f} \u{1F600}", vec![vec!["e".into(), "x".into(), "".into()]]);
        let theirs = serde_json::from_str::<nostr::event::Event>(&event.json).unwrap();
        theirs.verify().unwrap();
        let ours = Event::from_json(&serde_json::to_string(&theirs).unwrap()).unwrap();
        assert_eq!(ours.json, event.json);
    }

    #[test]
    fn control_characters_in_either_spelling() {
        let event = signed("a\u{1}b", vec![]);
        assert!(event.json.contains("a\\u0001b"));
        assert_eq!(Event::from_json(&event.json).unwrap().content, "a\u{1}b");
        // As NIP-01 has it.
        let keys = Keys::generate();
        let verbatim = format!("[0,\"{}\",1,1,[],\"a\u{1}b\"]", keys.public());
        let id = sha256(verbatim.as_bytes());
        let sig = keys.sign_id(&id);
        let preimage = Preimage::new(&keys.public(), 1, 1, &[], "a\u{1}b");
        assert_eq!(Event::from_json(&preimage.event_json(&id, &sig)).unwrap().id, id);
    }

    #[test]
    fn form_is_strict() {
        let event = signed("x", vec![]);
        let upper = event.json.replace(&event.id.to_string(), &event.id.to_string().to_uppercase());
        assert_eq!(Event::from_json(&upper), Err(EventError::Hex("id")));
        for broken in [
            event.json.replace("\"x\"", r#""\ud800""#),
            event.json.replace("\"x\"", r#""\q""#),
            event.json.replace("\"kind\":1", "\"kind\":70000"),
            event.json.replace("\"kind\":1", "\"kind\":1,\"kind\":1"),
            event.json.replace("\"tags\":[]", "\"tags\":[[1]]"),
            event.json.replace("1700000000", "1700000000.5"),
            event.json.replace("1700000000", "-1"),
            event.json.replace("\"tags\":[]", "\"tags\":[[]]"),
        ] {
            assert!(Event::from_json(&broken).is_err(), "{broken}");
        }
        let spaced = event.json.replace("\"kind\":1", " \"kind\" : 1 , \"seen\": {\"by\":[1]}");
        assert_eq!(Event::from_json(&spaced).unwrap().json, event.json);
    }

    #[test]
    fn limits_hold() {
        let limits = Limits { tags: 2, values: 2, value_bytes: 4, content_bytes: 4 };
        let check =
            |content: &str, tags: Vec<Tag>| Event::parse(&signed(content, tags).json, &limits).map(|_| ());
        let tag = |values: &[&str]| values.iter().map(|v| v.to_string()).collect::<Tag>();
        assert_eq!(check("1234", vec![tag(&["a", "b"])]), Ok(()));
        assert_eq!(check("12345", vec![]), Err(EventError::ContentTooLong));
        assert_eq!(check("", vec![tag(&["a"]); 3]), Err(EventError::TooManyTags));
        assert_eq!(check("", vec![tag(&["a", "b", "c"])]), Err(EventError::TagTooLong));
        assert_eq!(check("", vec![tag(&["abcde"])]), Err(EventError::TagTooLong));
    }
}
