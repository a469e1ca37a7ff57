//! Codes that people paste: `npub`, `nprofile`, `note`, `nevent`, `naddr` (NIP-19), with or without `nostr:` (NIP-21).
//! They stand in texts, never in the fields of events.

use crate::event::{Hex32, Kind, is_indexable};
use nostr::{
    event::{EventId, Kind as NostrKind},
    key::PublicKey,
    nips::{
        nip01::Coordinate,
        nip19::{FromBech32, Nip19, Nip19Coordinate, Nip19Event, Nip19Profile, ToBech32},
    },
    types::url::RelayUrl,
};

/// What a code points to, and relays where it may be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    Profile { key: Hex32, relays: Vec<String> },
    Event { id: Hex32, author: Option<Hex32>, kind: Option<Kind>, relays: Vec<String> },
    Address { kind: Kind, author: Hex32, d: String, relays: Vec<String> },
}

/// Longest code that is looked at, in bytes.
const LONGEST: usize = 2_000;
const MOST_RELAYS: usize = 10;

impl Pointer {
    /// Reads a code; `None` for anything else, secret keys included.
    pub fn parse(text: &str) -> Option<Pointer> {
        let text = text.trim();
        let code = text.strip_prefix("nostr:").unwrap_or(text);
        if code.len() > LONGEST || code.len() < 20 {
            return None;
        }
        let urls =
            |relays: Vec<RelayUrl>| relays.iter().take(MOST_RELAYS).map(|r| r.as_str().to_owned()).collect();
        Some(match Nip19::from_bech32(code).ok()? {
            Nip19::Pubkey(key) => Pointer::Profile { key: Hex32(key.to_bytes()), relays: Vec::new() },
            Nip19::Profile(p) => {
                Pointer::Profile { key: Hex32(p.public_key.to_bytes()), relays: urls(p.relays) }
            }
            Nip19::EventId(id) => {
                Pointer::Event { id: Hex32(*id.as_bytes()), author: None, kind: None, relays: Vec::new() }
            }
            Nip19::Event(e) => Pointer::Event {
                id: Hex32(*e.event_id.as_bytes()),
                author: e.author.map(|a| Hex32(a.to_bytes())),
                kind: e.kind.map(|k| k.as_u16()),
                relays: urls(e.relays),
            },
            Nip19::Coordinate(c) => Pointer::Address {
                kind: c.coordinate.kind.as_u16(),
                author: Hex32(c.coordinate.public_key.to_bytes()),
                d: c.coordinate.identifier.clone(),
                relays: urls(c.relays),
            },
            Nip19::Secret(_) | Nip19::EncryptedSecret(_) => return None,
        })
    }

    /// The code, with relays where there are any.
    pub fn code(&self) -> Option<String> {
        let urls = |relays: &[String]| -> Vec<RelayUrl> {
            relays.iter().filter_map(|r| RelayUrl::parse(r).ok()).take(3).collect()
        };
        let key = |k: &Hex32| PublicKey::from_slice(&k.0).ok();
        match self {
            Pointer::Profile { key: k, relays } => Nip19Profile::new(key(k)?, urls(relays)).to_bech32().ok(),
            Pointer::Event { id, author, kind, relays } => {
                let mut event = Nip19Event::new(EventId::from_slice(&id.0).ok()?).relays(urls(relays));
                event.author = author.as_ref().and_then(key);
                event.kind = kind.map(NostrKind::from);
                event.to_bech32().ok()
            }
            Pointer::Address { kind, author, d, relays } => {
                let coordinate = Coordinate::new(NostrKind::from(*kind), key(author)?).identifier(d.as_str());
                Nip19Coordinate::new(coordinate, urls(relays)).to_bech32().ok()
            }
        }
    }

    pub fn relays(&self) -> &[String] {
        match self {
            Pointer::Profile { relays, .. }
            | Pointer::Event { relays, .. }
            | Pointer::Address { relays, .. } => relays,
        }
    }

    /// The id by which the hub knows it: hex, or the address.
    pub fn native_id(&self) -> String {
        match self {
            Pointer::Profile { key, .. } => key.to_string(),
            Pointer::Event { id, .. } => id.to_string(),
            Pointer::Address { kind, author, d, .. } => crate::event::address(*kind, author, d),
        }
    }
}

/// `npub1...`
pub fn npub(key: &Hex32) -> String {
    PublicKey::from_slice(&key.0).ok().and_then(|k| k.to_bech32().ok()).unwrap_or_else(|| key.to_string())
}

/// Reads `kind:pubkey:d`.
pub fn parse_address(address: &str) -> Option<(Kind, Hex32, String)> {
    let mut parts = Some(address).filter(|a| is_indexable(a))?.splitn(3, ':');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    #[test]
    fn examples_of_the_specification() {
        let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
        let hex = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
        let Some(Pointer::Profile { key, .. }) = Pointer::parse(npub) else { panic!() };
        assert_eq!(key.to_string(), hex);
        assert_eq!(super::npub(&key), npub);
        let nprofile = "nostr:nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p";
        let Some(Pointer::Profile { key, relays }) = Pointer::parse(nprofile) else { panic!() };
        assert_eq!(key.to_string(), "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d");
        assert_eq!(relays.len(), 2);
    }

    #[test]
    fn written_and_read_alike_and_secrets_never() {
        let key = Keys::generate().public();
        let relays = vec!["wss://relay.example".to_owned()];
        for pointer in [
            Pointer::Profile { key, relays: relays.clone() },
            Pointer::Event { id: Hex32([7; 32]), author: Some(key), kind: Some(1111), relays: vec![] },
            Pointer::Address { kind: 30_023, author: key, d: "é:x".into(), relays },
        ] {
            assert_eq!(Pointer::parse(&format!("nostr:{}", pointer.code().unwrap())), Some(pointer));
        }
        let nsec = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
        assert_eq!(Pointer::parse(nsec), None);
        for bad in ["", "npub1", "npub1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "nostr:"] {
            assert_eq!(Pointer::parse(bad), None);
        }
        assert_eq!(parse_address("30023:aa:b"), None);
    }
}
