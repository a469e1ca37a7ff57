//! Parsers that are no part of the crate's face, for the targets in `fuzz/`.

use crate::{
    nips::{n05, n17, n59},
    signer,
};

/// What a `nostr.json` says of a name.
pub fn nip05(body: &[u8], name: &str) -> Option<n05::Found> {
    n05::read(body, name)
}

/// Links of apps (`nostrconnect://`) and of signers (`bunker://`).
pub fn signer_links(text: &str) {
    if let Some(link) = signer::AppLink::parse(text) {
        assert!((1..=4).contains(&link.relays.len()) && !link.secret.is_empty() && !link.name.is_empty());
        assert!(link.scopes.split(' ').all(|s| !s.is_empty() && s.len() < 40));
    }
    if let Some(link) = signer::SignerLink::parse(text) {
        assert!((1..=4).contains(&link.relays.len()));
    }
}

/// What is inside a seal (NIP-59), and the message that it is (NIP-17).
pub fn rumor(text: &str) {
    if let Ok(rumor) = n59::Rumor::parse(text) {
        // One without an id, and just short enough, gets too long by it.
        if text.len() < 60_000 {
            assert_eq!(n59::Rumor::parse(&rumor.json()).as_ref(), Ok(&rumor));
        }
        let _ = n17::read(&rumor, &|key| key.to_string());
    }
}
