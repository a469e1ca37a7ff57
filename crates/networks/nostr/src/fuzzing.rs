//! Parsers that are no part of the crate's face, for the targets in `fuzz/`.

use crate::{nips::n05, signer};

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
