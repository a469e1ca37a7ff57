//! What every parser that meets the network is tried with: bytes from nowhere.
//!
//! A target is a function that takes any bytes and must return: it panics when the parser does, and when what it gave
//! breaks a promise (marks inside the text, no foreign markup, written and read alike, bounded). Small parsers share a
//! target; the first byte chooses among them.
//!
//! `cargo xtask fuzz` runs them under libFuzzer; `tests/replay.rs` tries the inputs in `corpus/` in every test run. A
//! new fault goes into the corpus when it is mended, and a unit test beside the parser says what it was.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a target says by a panic what it found")]

mod activitypub;
mod atproto;
mod checks;
mod doors;
mod names;
mod nostr;

pub use self::nostr::{codes, events, frames, texts};
pub use activitypub::{activity, discovery, markup, proofs, signatures};
pub use atproto::{documents, frames_at, records};
pub use doors::{media, params};
pub use names::addresses;

/// A target by its name: that of its program, its folder in `corpus/` and its words in `dictionaries/`.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("activity", activity),
    ("markup", markup),
    ("signatures", signatures),
    ("proofs", proofs),
    ("discovery", discovery),
    ("addresses", addresses),
    ("events", events),
    ("frames", frames),
    ("texts", texts),
    ("codes", codes),
    ("records", records),
    ("frames_at", frames_at),
    ("documents", documents),
    ("params", params),
    ("media", media),
];

/// The first byte chooses, the rest is read.
fn choice(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
