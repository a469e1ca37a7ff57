//! What otherwise runs in the child process, for the targets in `fuzz/`.

use crate::{Limits, Purpose, Refusal, serve, worker};
pub use worker::Done;

/// Reads a file as the child does.
pub fn read(bytes: &[u8], purpose: Purpose, limits: &Limits) -> Result<Done, Refusal> {
    worker::run_here(bytes, purpose, limits)
}

/// First and last byte that a `Range` header asks for; `None`: everything, or nothing.
pub fn range(header: &str, size: u64) -> Option<(u64, u64)> {
    match serve::range(header, size) {
        serve::Wanted::Part(first, last) => Some((first, last)),
        _ => None,
    }
}
