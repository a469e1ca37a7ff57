//! How much a profile may hold, as `instance` tells.

/// Characters of a display name.
pub(crate) const MAX_NAME: usize = 100;
/// Characters of a bio.
pub(crate) const MAX_NOTE: usize = 2000;
pub(crate) const MAX_FIELDS: usize = 8;
/// Characters of a field's name, and of its value.
pub(crate) const MAX_FIELD: usize = 255;
