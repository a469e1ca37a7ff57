//! Statements and row types, one file a table (or a few that belong together). SQL stays visible: a function gives a
//! [`Query`](crate::Query) or a [`Change`](crate::Change), a row type reads what the query selects.

/// A statement for a page of a [`Window`]: `?2` upper bound, `?3` lower bound (both exclusive), `?4` limit; the text ends in
/// `ORDER BY x`.
macro_rules! paged {
    ($window:expr, $sql:expr) => {
        if $window.upward { concat!($sql, " ASC LIMIT ?4") } else { concat!($sql, " DESC LIMIT ?4") }
    };
}

pub mod account_notes;
pub mod actors;
pub mod apps;
pub mod atproto_access;
pub mod atproto_arrivals;
pub mod atproto_blobs;
pub mod atproto_events;
pub mod atproto_invites;
pub mod atproto_reader;
pub mod atproto_repos;
pub mod atproto_takedowns;
pub mod awaited;
pub mod blocks;
pub mod contact_log;
pub mod contacts;
pub mod conversations;
pub mod copies;
pub mod cursors;
pub mod deliveries;
pub mod domain_rules;
pub mod edits;
pub mod erasing;
pub mod erasures;
pub mod fetchers;
pub mod files;
pub mod follows;
pub mod gated;
pub mod grants;
pub mod hidden_posts;
pub mod home;
pub mod hosts;
pub mod idempotency;
pub mod keys;
pub mod labels;
pub mod link_cards;
pub mod markers;
pub mod media;
pub mod members;
pub mod mentions;
pub mod merging;
pub mod nostr_events;
pub mod nostr_unsigned;
pub mod nostr_wraps;
pub mod notifications;
pub mod once;
pub mod origins;
pub mod parked;
pub mod payloads;
pub mod pins;
pub mod polls;
pub mod post_keys;
pub mod posts;
pub mod presences;
pub mod reactions;
pub mod relations;
pub mod reports;
pub mod retention;
pub mod search;
pub mod tags;
pub mod tombstones;
pub mod votes;
pub mod waves;

use crate::{Query, Value, args, query};
use landbridge_model::{Id, Network};

/// Which part of a list ordered by id is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Bounds, both exclusive.
    pub below: i64,
    pub above: i64,
    pub limit: i64,
    /// Read upward from the lower bound, not downward from the upper one.
    pub upward: bool,
}

impl Window {
    /// The first four arguments of a paged statement.
    fn args(&self, first: impl Into<Value>) -> Vec<Value> {
        let first: Value = first.into();
        args![first, self.below, self.above, self.limit]
    }

    /// A paged statement about one thing.
    fn query(&self, sql: &'static str, of: Id) -> Query {
        query(sql, self.args(of))
    }
}

/// The argument of `{ints ?1}`.
pub fn ints<'a>(ids: impl IntoIterator<Item = &'a Id>) -> String {
    let mut out = String::from("[");
    for (n, id) in ids.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        out.push_str(&id.0.to_string());
    }
    out.push(']');
    out
}

/// The argument of `{texts ?1}`.
pub fn texts<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    serde_json::to_string(&texts).unwrap_or_else(|_| "[]".into())
}

/// How a source is stored: the network, 0 for here.
pub fn source(origin: Option<Network>) -> i64 {
    origin.map_or(0, i64::from)
}

/// A word of an enumeration as serde writes it, stored as text.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Such a word read again; an unknown one gives the default.
pub(crate) fn from_word<T: serde::de::DeserializeOwned + Default>(word: String) -> T {
    serde_json::from_value(serde_json::Value::String(word)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use landbridge_model::{ActorKind, PostKind};

    #[test]
    fn sets_and_words() {
        assert_eq!(ints(&[Id(1), Id(22)]), "[1,22]");
        assert_eq!(ints(&[]), "[]");
        assert_eq!(texts(&["a\"b"]), r#"["a\"b"]"#);
        assert_eq!(word(&PostKind::Article), "article");
        assert_eq!(from_word::<PostKind>("article".into()), PostKind::Article);
        assert_eq!(from_word::<ActorKind>("nonsense".into()), ActorKind::Person);
    }
}
