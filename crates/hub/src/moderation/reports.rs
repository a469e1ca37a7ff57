//! Reports, for the moderators.

use super::Report;
use crate::{Event, EventKind, Hub, HubError};
use landbridge_model::{ActorState, Id};
use landbridge_store::entities::{actors, reports};

impl Hub {
    /// Open reports first, then newest first.
    pub async fn reports(&self, limit: u32) -> Result<Vec<Report>, HubError> {
        let rows = self.store().rows(reports::list(i64::from(limit.clamp(1, 1000)))).await?;
        Ok(rows.into_iter().map(|mut row| Report::read(&mut row)).collect::<Result<_, _>>()?)
    }

    pub async fn resolve_report(&self, id: Id) -> Result<(), HubError> {
        self.store().write(reports::resolve(id)).await?;
        Ok(())
    }

    /// What moderators decide on somebody elsewhere: active, limited or suspended. (Members: [`Hub::suspend`].)
    pub async fn moderate(&self, actor: Id, state: ActorState) -> Result<(), HubError> {
        let actor = self.actor(actor).await?;
        if actor.is_member()
            || !matches!(state, ActorState::Active | ActorState::Limited | ActorState::Suspended)
        {
            return Err(HubError::Forbidden("this is decided elsewhere"));
        }
        self.store().write(actors::set_state(actor.id, state)).await?;
        self.bus().send(Event { members: vec![actor.id], public: false, kind: EventKind::Member(actor.id) });
        Ok(())
    }
}
