//! Reports, for the moderators.

use super::Report;
use crate::{Event, EventKind, Hub, HubError};
use landbridge_model::{ActorState, Id, Time};
use landbridge_store::entities::{actors, reports};

impl Hub {
    /// Open reports first, then newest first.
    pub async fn reports(&self, limit: u32) -> Result<Vec<Report>, HubError> {
        let rows = self.store().rows(reports::list(i64::from(limit.clamp(1, 1000)))).await?;
        Ok(rows.into_iter().map(|mut row| Report::read(&mut row)).collect::<Result<_, _>>()?)
    }

    pub async fn report_by_id(&self, id: Id) -> Result<Report, HubError> {
        let mut row = self.store().row(reports::by_id(id)).await?.ok_or(HubError::NotFound)?;
        Ok(Report::read(&mut row)?)
    }

    /// Closes a report without a measure. `note`: for those who run this server. (A measure closes the report that led to
    /// it.)
    pub async fn close_report(&self, id: Id, note: &str) -> Result<(), HubError> {
        match self.store().write(reports::close(id, note, Time::now())).await.map_err(HubError::from) {
            Err(HubError::Conflict("report")) => Err(HubError::NotFound),
            other => other.map(|_| ()),
        }
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
