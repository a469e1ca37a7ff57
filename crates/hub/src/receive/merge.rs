//! Two identities proved to be one person: one actor from then on.

use super::halt::Halt;
use crate::{Hub, InActor};
use landbridge_model::{Actor, Id, Network};
use landbridge_store::{Change, Write, args, entities::actors};

/// Tables with a column that names an actor, and the columns that are unique together with it: where both have a row, one
/// stays.
const REFERENCES: &[(&str, &str)] = &[
    (
        "UPDATE follows SET follower_id = ?2 WHERE follower_id = ?1 AND target_id <> ?2 AND NOT EXISTS
           (SELECT 1 FROM follows o WHERE o.follower_id = ?2 AND o.target_id = follows.target_id)",
        "DELETE FROM follows WHERE follower_id = ?1",
    ),
    (
        "UPDATE follows SET target_id = ?2 WHERE target_id = ?1 AND follower_id <> ?2 AND NOT EXISTS
           (SELECT 1 FROM follows o WHERE o.target_id = ?2 AND o.follower_id = follows.follower_id)",
        "DELETE FROM follows WHERE target_id = ?1",
    ),
    (
        "UPDATE blocks SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM blocks o WHERE o.actor_id = ?2 AND o.target_id = blocks.target_id)",
        "DELETE FROM blocks WHERE actor_id = ?1",
    ),
    (
        "UPDATE blocks SET target_id = ?2 WHERE target_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM blocks o WHERE o.target_id = ?2 AND o.actor_id = blocks.actor_id)",
        "DELETE FROM blocks WHERE target_id = ?1",
    ),
    (
        "UPDATE mutes SET target_id = ?2 WHERE target_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM mutes o WHERE o.target_id = ?2 AND o.member_id = mutes.member_id)",
        "DELETE FROM mutes WHERE target_id = ?1",
    ),
    (
        "UPDATE account_notes SET target_id = ?2 WHERE target_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM account_notes o WHERE o.target_id = ?2 AND o.member_id = account_notes.member_id)",
        "DELETE FROM account_notes WHERE target_id = ?1",
    ),
    (
        "UPDATE reactions SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM reactions o WHERE o.actor_id = ?2 AND o.post_id = reactions.post_id
              AND o.content = reactions.content)",
        "DELETE FROM reactions WHERE actor_id = ?1",
    ),
    (
        "UPDATE votes SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM votes o WHERE o.actor_id = ?2 AND o.post_id = votes.post_id)",
        "DELETE FROM votes WHERE actor_id = ?1",
    ),
    (
        "UPDATE mentions SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM mentions o WHERE o.actor_id = ?2 AND o.post_id = mentions.post_id)",
        "DELETE FROM mentions WHERE actor_id = ?1",
    ),
    (
        "UPDATE notifications SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM notifications o WHERE o.actor_id = ?2 AND o.member_id = notifications.member_id
              AND o.kind = notifications.kind AND o.post_id = notifications.post_id)",
        "DELETE FROM notifications WHERE actor_id = ?1",
    ),
    (
        "UPDATE pins SET actor_id = ?2 WHERE actor_id = ?1 AND NOT EXISTS
           (SELECT 1 FROM pins o WHERE o.actor_id = ?2 AND o.post_id = pins.post_id)",
        "DELETE FROM pins WHERE actor_id = ?1",
    ),
    (
        "UPDATE posts SET author_id = ?2 WHERE author_id = ?1 AND (repost_of IS NULL OR NOT EXISTS
           (SELECT 1 FROM posts o WHERE o.author_id = ?2 AND o.repost_of = posts.repost_of))",
        "DELETE FROM posts WHERE author_id = ?1",
    ),
    ("UPDATE posts SET reply_to_author = ?2 WHERE reply_to_author = ?1", ""),
    ("UPDATE copies SET actor_id = ?2 WHERE actor_id = ?1", ""),
    ("UPDATE media SET owner_id = ?2 WHERE owner_id = ?1", ""),
    ("UPDATE reports SET target_id = ?2 WHERE target_id = ?1", ""),
    ("UPDATE reports SET reporter_id = ?2 WHERE reporter_id = ?1", ""),
    ("UPDATE actors SET moved_to = ?2 WHERE moved_to = ?1", ""),
    ("UPDATE presences SET actor_id = ?2 WHERE actor_id = ?1", ""),
];

impl Hub {
    /// Makes one actor of those whom their network has proved, from both sides, to be one. Never of members: who is a
    /// member's identity is decided here.
    pub(super) async fn merge_proved(&self, network: Network, id: Id, profile: &InActor) -> Result<(), Halt> {
        for (other_network, native_id) in &profile.proved {
            if (*other_network, native_id.as_str()) == (network, profile.native_id.as_str()) {
                continue;
            }
            let row = self.store().row(actors::by_native(*other_network, native_id)).await?;
            let Some(other) = row.map(|mut row| actors::read(&mut row)).transpose()? else { continue };
            if other.id == id || other.is_member() {
                continue;
            }
            let Some(mut row) = self.store().row(actors::by_id(id)).await? else { return Ok(()) };
            let this = actors::read(&mut row)?;
            self.merge(&this, &other).await?;
            // Whichever was kept, this identity is part of it now; the rest is merged when it is seen again.
            return Ok(());
        }
        Ok(())
    }

    /// The older one stays; stricter states win.
    async fn merge(&self, one: &Actor, other: &Actor) -> Result<(), Halt> {
        let (kept, gone) = if one.id < other.id { (one, other) } else { (other, one) };
        let mut write = Write::default();
        write.push(Change::require(
            "SELECT 1 FROM actors k, actors g WHERE k.id = ?2 AND g.id = ?1 AND k.domain <> '' AND g.domain <> ''",
            args![gone.id, kept.id],
            "merged meanwhile",
        ));
        for (update, delete) in REFERENCES {
            write.push(Change::new(*update, args![gone.id, kept.id]));
            if !delete.is_empty() {
                write.push(Change::new(*delete, args![gone.id]));
            }
        }
        if gone.state != landbridge_model::ActorState::Active
            && kept.state == landbridge_model::ActorState::Active
        {
            write.push(actors::set_state(kept.id, gone.state));
        }
        write.push(Change::new("DELETE FROM actors WHERE id = ?1", args![gone.id]));
        self.store().write(write).await?;
        metrics::counter!("hub_actors_merged_total").increment(1);
        Ok(())
    }
}
