//! Two identities proved to be one person: one actor from then on.

use super::halt::Halt;
use crate::{Hub, InActor};
use landbridge_model::{Actor, Id, Network};
use landbridge_store::{
    Write,
    entities::{actors, merging},
};

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
        if gone.state != landbridge_model::ActorState::Active
            && kept.state == landbridge_model::ActorState::Active
        {
            write.push(actors::set_state(kept.id, gone.state));
        }
        write.extend(self.joined_conversations(gone.id, kept.id).await?);
        write.extend(merging::merge(gone.id, kept.id));
        self.store().write(write).await?;
        metrics::counter!("hub_actors_merged_total").increment(1);
        Ok(())
    }
}
