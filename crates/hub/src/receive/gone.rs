//! Somebody is gone for good, on one network.

use super::{Sent, halt::Halt};
use crate::{Hub, Received};
use landbridge_model::PresenceState;
use landbridge_store::entities::{
    posts::{self, PostRow},
    presences,
};

/// Posts removed in one go.
const BATCH: i64 = 100;

impl Hub {
    pub(super) async fn receive_gone(&self, sent: &Sent) -> Result<Received, Halt> {
        let presences = self.presences(sent.actor.id).await?;
        let elsewhere =
            presences.iter().any(|p| p.native_id != sent.native && p.state == PresenceState::Active);
        if !elsewhere {
            self.erase(sent.actor.id).await?;
            return Ok(Received::Stored(None));
        }
        // The same person is still there on another network: only what came by this one goes.
        self.store().write(presences::set_state(sent.network, &sent.native, PresenceState::Gone)).await?;
        loop {
            let of_network = posts::by_author_from(sent.actor.id, sent.network, BATCH);
            let rows = self.store().rows(of_network).await?;
            if rows.is_empty() {
                return Ok(Received::Stored(None));
            }
            for mut row in rows {
                self.remove_post(PostRow::read(&mut row)?.id, sent.at).await?;
            }
        }
    }
}
