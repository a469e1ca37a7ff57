//! Sealing: private content at rest.

/// Seals with keys that are wrapped by the root key, which lives outside the database.
pub(crate) struct Sealer {
    _root: [u8; 32],
}

impl Sealer {
    pub(crate) fn new(root: &[u8; 32]) -> Sealer {
        Sealer { _root: *root }
    }
}
