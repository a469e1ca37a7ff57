//! `domain_rules`: the operator's rules for hosts and relays.

use crate::{Change, Query, args, query};
use landbridge_model::Time;

/// (domain, rule, reject_media, note, at)
pub fn all() -> Query {
    query("SELECT domain, rule, reject_media, note, at FROM domain_rules ORDER BY domain", args![])
}

pub fn put(domain: &str, rule: &str, reject_media: bool, note: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO domain_rules (domain, rule, reject_media, note, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (domain) DO UPDATE SET rule = excluded.rule, reject_media = excluded.reject_media,
           note = excluded.note, at = excluded.at",
        args![domain, rule, reject_media, note, at],
    )
}

pub fn delete(domain: &str) -> Change {
    Change::new("DELETE FROM domain_rules WHERE domain = ?1", args![domain])
}
