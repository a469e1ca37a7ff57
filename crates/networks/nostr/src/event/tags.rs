//! Tags (NIP-01).

use super::{Hex32, Kind};

/// A tag: its name, then its values. Never empty in a parsed event.
pub type Tag = Vec<String>;

/// Looking into a list of tags.
pub trait TagsExt {
    /// The first value of the first tag of that name.
    fn value(&self, name: &str) -> Option<&str>;
    /// The first values of all tags of that name.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str>;
    /// All tags of that name.
    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag>;
    /// The keys of all `p` tags, each once, in order.
    fn people(&self) -> Vec<Hex32>;
}

impl TagsExt for [Tag] {
    fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|t| t.first().is_some_and(|n| n == name)).and_then(|t| t.get(1)).map(String::as_str)
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.named(name).filter_map(|t| t.get(1)).map(String::as_str)
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag> {
        self.iter().filter(move |t| t.first().is_some_and(|n| n == name))
    }

    fn people(&self) -> Vec<Hex32> {
        let mut keys: Vec<Hex32> = Vec::new();
        for key in self.values("p").filter_map(|p| p.parse().ok()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

/// The first value of a tag, empty when absent.
pub fn first_value(tag: &Tag) -> &str {
    tag.get(1).map(String::as_str).unwrap_or_default()
}

/// `kind:pubkey:d`, the coordinate of a replaceable or addressable event.
pub fn address(kind: Kind, pubkey: &Hex32, d: &str) -> String {
    format!("{kind}:{pubkey}:{d}")
}

/// Whether a value has the form of an id or a key.
pub fn is_hex32(value: &str) -> bool {
    value.parse::<Hex32>().is_ok()
}

/// Whether an address can be looked up: databases limit what they index, and know no NUL.
pub fn is_indexable(address: &str) -> bool {
    address.len() <= 1_200 && !address.contains('\0')
}
