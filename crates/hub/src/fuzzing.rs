//! Parsers that are no part of the crate's face, for the targets in `fuzz/`.

use landbridge_model::LinkCard;
use url::Url;

/// What a page says of itself, found at that address.
pub fn page(bytes: &[u8], kind: &str, url: &Url) -> Option<LinkCard> {
    crate::cards::page::read(bytes, kind, url)
}
