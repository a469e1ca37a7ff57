//! Parsers of answers that are no part of the crate's face, for the targets in `fuzz/`.

use crate::remote;

/// The actor that a WebFinger answer names.
pub fn webfinger(body: &[u8]) -> Option<String> {
    Some(remote::read_descriptor(body)?.actor)
}

/// The template of a host-meta document.
pub fn host_meta(body: &[u8]) -> Option<String> {
    remote::read_template(body)
}
