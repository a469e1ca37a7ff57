//! Two actors become one: everything that names the one names the other from then on.
//!
//! A table that names people gets its line here. Where both have a row and only one may stay, that of the kept one does.

use crate::{Change, args};
use landbridge_model::Id;

/// `?1`: who goes, `?2`: who stays.
const STATEMENTS: &[&str] = &[
    // Before the posts change hands.
    "UPDATE posts SET reply_to_author = ?2 WHERE reply_to_author = ?1
       AND reply_to IN (SELECT p.id FROM posts p WHERE p.author_id = ?1)",
    "UPDATE follows SET follower_id = ?2 WHERE follower_id = ?1 AND target_id <> ?2 AND NOT EXISTS
       (SELECT 1 FROM follows o WHERE o.follower_id = ?2 AND o.target_id = follows.target_id)",
    "DELETE FROM follows WHERE follower_id = ?1",
    "UPDATE follows SET target_id = ?2 WHERE target_id = ?1 AND follower_id <> ?2 AND NOT EXISTS
       (SELECT 1 FROM follows o WHERE o.target_id = ?2 AND o.follower_id = follows.follower_id)",
    "DELETE FROM follows WHERE target_id = ?1",
    "UPDATE blocks SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM blocks o WHERE o.actor_id = ?2 AND o.target_id = blocks.target_id)",
    "DELETE FROM blocks WHERE actor_id = ?1",
    "UPDATE blocks SET target_id = ?2 WHERE target_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM blocks o WHERE o.target_id = ?2 AND o.actor_id = blocks.actor_id)",
    "DELETE FROM blocks WHERE target_id = ?1",
    "UPDATE mutes SET target_id = ?2 WHERE target_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM mutes o WHERE o.target_id = ?2 AND o.member_id = mutes.member_id)",
    "DELETE FROM mutes WHERE target_id = ?1",
    "UPDATE account_notes SET target_id = ?2 WHERE target_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM account_notes o WHERE o.target_id = ?2 AND o.member_id = account_notes.member_id)",
    "DELETE FROM account_notes WHERE target_id = ?1",
    // What was asked of the one is asked of the other; a no to either is a no.
    "UPDATE contact_items SET stranger_id = ?2, contact_id = COALESCE(
       (SELECT o.id FROM contacts c JOIN contacts o ON o.member_id = c.member_id AND o.scope = c.scope
        WHERE c.id = contact_items.contact_id AND o.stranger_id = ?2), contact_id)
     WHERE stranger_id = ?1",
    "UPDATE contacts SET state = 'request' WHERE stranger_id = ?2 AND state IN ('cancelled', 'revoked') AND EXISTS
       (SELECT 1 FROM contacts o WHERE o.stranger_id = ?1 AND o.member_id = contacts.member_id
          AND o.scope = contacts.scope AND o.state = 'request')",
    "UPDATE contacts SET state = 'declined' WHERE stranger_id = ?2 AND state <> 'granted' AND EXISTS
       (SELECT 1 FROM contacts o WHERE o.stranger_id = ?1 AND o.member_id = contacts.member_id
          AND o.scope = contacts.scope AND o.state = 'declined')",
    "UPDATE contacts SET stranger_id = ?2 WHERE stranger_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM contacts o WHERE o.stranger_id = ?2 AND o.member_id = contacts.member_id
          AND o.scope = contacts.scope)",
    "DELETE FROM contacts WHERE stranger_id = ?1",
    "DELETE FROM contact_items WHERE stranger_id IN (?1, ?2) AND contact_id IN
       (SELECT c.id FROM contacts c WHERE c.stranger_id = ?2 AND c.state = 'declined')",
    "UPDATE contact_log SET stranger_id = ?2 WHERE stranger_id = ?1",
    "UPDATE reactions SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM reactions o WHERE o.actor_id = ?2 AND o.post_id = reactions.post_id
          AND o.content = reactions.content)",
    "DELETE FROM reactions WHERE actor_id = ?1",
    "UPDATE votes SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM votes o WHERE o.actor_id = ?2 AND o.post_id = votes.post_id)",
    "DELETE FROM votes WHERE actor_id = ?1",
    "UPDATE mentions SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM mentions o WHERE o.actor_id = ?2 AND o.post_id = mentions.post_id)",
    "DELETE FROM mentions WHERE actor_id = ?1",
    "UPDATE notifications SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM notifications o WHERE o.actor_id = ?2 AND o.member_id = notifications.member_id
          AND o.kind = notifications.kind AND o.post_id = notifications.post_id)",
    "DELETE FROM notifications WHERE actor_id = ?1",
    "UPDATE pins SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
       (SELECT 1 FROM pins o WHERE o.actor_id = ?2 AND o.post_id = pins.post_id)",
    "DELETE FROM pins WHERE actor_id = ?1",
    "UPDATE posts SET author_id = ?2 WHERE author_id = ?1 AND (repost_of IS NULL OR NOT EXISTS
       (SELECT 1 FROM posts o WHERE o.author_id = ?2 AND o.repost_of = posts.repost_of))",
    "DELETE FROM posts WHERE author_id = ?1",
    "UPDATE copies SET actor_id = ?2 WHERE actor_id = ?1",
    "UPDATE media SET owner_id = ?2 WHERE owner_id = ?1",
    "UPDATE reports SET target_id = ?2 WHERE target_id = ?1",
    "UPDATE reports SET reporter_id = ?2 WHERE reporter_id = ?1",
    "UPDATE actors SET moved_to = ?2 WHERE moved_to = ?1",
    "UPDATE presences SET actor_id = ?2 WHERE actor_id = ?1",
    "DELETE FROM actors WHERE id = ?1",
];

/// What was somebody's elsewhere is the member's own: it stays, and is counted.
const OWN: &[&str] = &[
    "UPDATE posts SET source = 0, kept_until = NULL, url = NULL WHERE author_id = ?1",
    "UPDATE reactions SET source = 0 WHERE actor_id = ?1",
    "UPDATE follows SET source = 0 WHERE follower_id = ?1",
    "UPDATE copies SET kept_until = NULL WHERE actor_id = ?1",
    "UPDATE actors SET
       followers = (SELECT COUNT(*) FROM follows f WHERE f.target_id = ?1 AND f.state = 1),
       following = (SELECT COUNT(*) FROM follows f WHERE f.follower_id = ?1 AND f.state = 1),
       posts = (SELECT COUNT(*) FROM posts p WHERE p.author_id = ?1 AND p.repost_of IS NULL)
     WHERE id = ?1",
];

/// Neither may be a member, and both must still be there.
pub fn merge(gone: Id, kept: Id) -> Vec<Change> {
    let mut changes = vec![Change::require(
        "SELECT 1 FROM actors k, actors g WHERE k.id = ?2 AND g.id = ?1 AND k.domain <> '' AND g.domain <> ''",
        args![gone, kept],
        "merged meanwhile",
    )];
    changes.extend(renamed(gone, kept));
    changes
}

/// Somebody who was known from elsewhere is a member from now on.
pub fn adopt(gone: Id, member: Id) -> Vec<Change> {
    let mut changes = vec![Change::require(
        "SELECT 1 FROM actors k, actors g WHERE k.id = ?2 AND g.id = ?1 AND k.domain = '' AND g.domain <> ''",
        args![gone, member],
        "merged meanwhile",
    )];
    changes.extend(renamed(gone, member));
    changes.extend(OWN.iter().map(|sql| Change::new(*sql, args![member])));
    changes
}

fn renamed(gone: Id, kept: Id) -> impl Iterator<Item = Change> {
    let arguments = move |sql: &str| if sql.contains("?2") { args![gone, kept] } else { args![gone] };
    STATEMENTS.iter().map(move |sql| Change::new(*sql, arguments(sql)))
}
