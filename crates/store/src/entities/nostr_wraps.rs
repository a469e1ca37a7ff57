//! `nostr_wraps`: which gift wraps on our relay (NIP-59) carry which message, so that they go when it goes, and are shown to
//! whoever has it here.

use crate::{Change, args};
use landbridge_model::Id;

/// `rumor`: native id of the message that it carries, or says something about; it need not be here (yet).
pub fn insert(wrap: &str, rumor: &str) -> Change {
    Change::new(
        "INSERT INTO nostr_wraps (id, post_id, rumor) VALUES (?1, 0, ?2) ON CONFLICT (id) DO NOTHING",
        args![wrap, rumor],
    )
}

/// Removes the wraps of a message from the relay: to stand before what removes the message's copies.
pub fn delete_of(post: Id) -> Vec<Change> {
    const EACH: &[&str] = &[
        "UPDATE nostr_wraps SET post_id = ?1 WHERE post_id = 0 AND rumor IN
           (SELECT c.native_id FROM copies c WHERE c.object_id = ?1 AND c.kind = 'post')",
        "DELETE FROM nostr_tags WHERE seq IN
           (SELECT e.seq FROM nostr_wraps w JOIN nostr_events e ON e.id = w.id WHERE w.post_id = ?1)",
        "DELETE FROM nostr_events WHERE id IN (SELECT w.id FROM nostr_wraps w WHERE w.post_id = ?1)",
        "DELETE FROM nostr_wraps WHERE post_id = ?1",
    ];
    EACH.iter().map(|sql| Change::new(*sql, args![post])).collect()
}
