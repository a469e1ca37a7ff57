//! `link_cards`: what is known of pages that posts link to, for a while.

use crate::{Change, Query, args, query};
use landbridge_model::Time;

/// (url_hash, card) of those that are known and still good.
pub fn known(hashes: &[String], now: Time) -> Query {
    query(
        "SELECT url_hash, card FROM link_cards WHERE url_hash IN {texts ?1} AND expires_at > ?2",
        args![super::texts(hashes), now],
    )
}

/// `card`: JSON; `None`: there is nothing to be had.
pub fn put(hash: &str, card: Option<&str>, expires_at: Time) -> Change {
    Change::new(
        "INSERT INTO link_cards (url_hash, card, expires_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (url_hash) DO UPDATE SET card = excluded.card, expires_at = excluded.expires_at",
        args![hash, card, expires_at],
    )
}

pub fn sweep(now: Time) -> Change {
    Change::new("DELETE FROM link_cards WHERE expires_at <= ?1", args![now])
}
