//! Events: parsing, the id, the signature (NIP-01).
//!
//! An [`Event`] exists only when its id and its signature are right: [`Event::parse`] reads without checking into
//! an [`Unverified`], which has a [`verify`](Unverified::verify).

mod hex32;
pub mod kind;
mod sign;
mod tags;
mod wire;

pub use hex32::{Hex32, NotHex, decode as decode_hex};
pub use kind::{Class, Kind};
pub use sign::{Keys, Template, random};
pub use tags::{Tag, TagsExt, address, first_value, is_hex32, is_indexable};
pub use wire::{Limits, Unverified};

use landbridge_cache::Cache;
use std::{
    cmp::Reverse,
    sync::{Arc, LazyLock},
};

/// One secp256k1 context for the process; building one is dear.
pub(crate) static SECP: LazyLock<secp256k1::Secp256k1<secp256k1::All>> =
    LazyLock::new(secp256k1::Secp256k1::new);

/// Keys that were read lately as points of the curve, which costs a tenth of checking a signature.
static POINTS: LazyLock<Cache<Hex32, secp256k1::XOnlyPublicKey>> = LazyLock::new(|| Cache::new(20_000));

/// A key as a point of the curve; not every 32 bytes are one.
fn point(key: &Hex32) -> Result<secp256k1::XOnlyPublicKey, EventError> {
    if let Some(point) = POINTS.get(key) {
        return Ok(point);
    }
    let point = secp256k1::XOnlyPublicKey::from_slice(&key.0).map_err(|_| EventError::Signature)?;
    POINTS.insert(*key, point);
    Ok(point)
}

/// A signed event whose id and signature have been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: Hex32,
    pub pubkey: Hex32,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    pub kind: Kind,
    pub tags: Vec<Tag>,
    pub content: String,
    /// The event as compact JSON with its seven fields: what is stored and served.
    pub json: Arc<str>,
}

/// Why an event is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("not an event: {0}")]
    Malformed(String),
    #[error("{0} is not lower-case hex of the right length")]
    Hex(&'static str),
    #[error("too many tags")]
    TooManyTags,
    #[error("a tag has too many or too long values")]
    TagTooLong,
    #[error("the d tag is too long or has a NUL")]
    Address,
    #[error("content too long")]
    ContentTooLong,
    #[error("created_at is out of range")]
    Time,
    #[error("the id is not the hash of the event")]
    Id,
    #[error("the signature is wrong")]
    Signature,
}

impl Event {
    /// Reads one event from JSON, with its limits, without checking id and signature.
    pub fn parse<'a>(json: &'a str, limits: &Limits) -> Result<Unverified<'a>, EventError> {
        Unverified::parse(json, limits)
    }

    /// Reads and checks in one go, with the largest limits: for our own stored events and small inputs.
    pub fn from_json(json: &str) -> Result<Event, EventError> {
        Event::parse(json, &Limits::default())?.verify()
    }

    /// Reads what our own store holds: it was checked before it was put there, and stands there as it is served.
    pub(crate) fn from_stored(json: &str) -> Result<Event, EventError> {
        Ok(Event::parse(json, &Limits::default())?.stored(json))
    }

    pub fn class(&self) -> Class {
        kind::class(self.kind)
    }

    /// The `d` tag's value (empty when absent).
    pub fn d(&self) -> &str {
        self.tags.value("d").unwrap_or_default()
    }

    /// `kind:pubkey:d` of a replaceable or addressable event.
    pub fn address(&self) -> Option<String> {
        match self.class() {
            Class::Addressable => Some(address(self.kind, &self.pubkey, self.d())),
            Class::Replaceable => Some(address(self.kind, &self.pubkey, "")),
            _ => None,
        }
    }

    /// Whether it takes the place of another of the same address (NIP-01): it is newer, or as new with the lower id.
    pub fn replaces(&self, other: &Event) -> bool {
        (self.created_at, Reverse(self.id)) > (other.created_at, Reverse(other.id))
    }

    /// When it expires (NIP-40), in seconds since the epoch.
    pub fn expiration(&self) -> Option<i64> {
        self.tags.value("expiration").and_then(|v| v.parse().ok())
    }

    /// Whether it should not be there any more; `now`: seconds.
    pub fn has_expired(&self, now: i64) -> bool {
        self.expiration().is_some_and(|at| at <= now)
    }

    /// It may be published only by its author (NIP-70).
    pub fn is_protected(&self) -> bool {
        self.tags.iter().any(|t| t.len() == 1 && t.first().is_some_and(|n| n == "-"))
    }

    /// The one key that a gift wrap is for.
    pub fn wrap_recipient(&self) -> Option<Hex32> {
        kind::is_wrap(self.kind).then(|| self.tags.value("p").and_then(|p| p.parse().ok())).flatten()
    }
}
