//! Who did it: known here, or fetched.

use super::{halt::Halt, trail::Trail};
use crate::Hub;
use landbridge_model::{Actor, Network, Time};
use landbridge_store::{
    Row,
    entities::{actors, presences},
};
use std::time::Duration;

/// A profile older than that is asked for again.
const STALE: Duration = Duration::from_secs(86_400);

impl Hub {
    /// Somebody as known here. A stale profile is refreshed behind their back: nothing waits for it.
    pub(super) async fn known_actor(&self, network: Network, native_id: &str) -> Result<Option<Actor>, Halt> {
        match self.store().row(actors::by_native(network, native_id)).await? {
            Some(row) => Ok(Some(self.read_actor(network, native_id, row)?)),
            None => Ok(None),
        }
    }

    /// The same from its row.
    pub(super) fn read_actor(&self, network: Network, native_id: &str, mut row: Row) -> Result<Actor, Halt> {
        let actor = actors::read(&mut row)?;
        let stale = actor.fetched_at.is_none_or(|at| at < Time::now().minus(STALE));
        if stale && !actor.is_member() {
            self.refresh_later(network, native_id);
        }
        Ok(actor)
    }

    /// Somebody unknown, fetched now. Many arrivals of the same one ask once.
    pub(super) async fn fetched_actor(
        &self,
        network: Network,
        native_id: &str,
        trail: &mut Trail,
    ) -> Result<Actor, Halt> {
        let (flights, key) = (&self.receiving().flights, (network, native_id.to_owned()));
        let mut failed = None;
        flights
            .get_with_async(&key, async {
                failed = self.fetch_thing(network, native_id, true, trail).await.err();
            })
            .await;
        if let Some(halt) = failed {
            flights.remove(&key);
            return Err(halt);
        }
        match self.known_actor(network, native_id).await? {
            Some(actor) => Ok(actor),
            // A later delivery of the same may find its author's server awake.
            None => {
                Err(Halt::Failed(crate::HubError::Remote("its author's profile cannot be fetched".into())))
            }
        }
    }

    /// Somebody by native id, fetched when unknown and the trail still leads on.
    pub(super) async fn actor_somehow(
        &self,
        network: Network,
        native_id: &str,
        trail: &mut Trail,
    ) -> Result<Option<Actor>, Halt> {
        if let Some(actor) = self.known_actor(network, native_id).await? {
            return Ok(Some(actor));
        }
        match self.fetched_actor(network, native_id, trail).await {
            Ok(actor) => Ok(Some(actor)),
            Err(Halt::Failed(crate::HubError::Remote(_))) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// A member by native id, with a living identity on that network.
    pub(super) async fn member_by_native(&self, network: Network, native_id: &str) -> Result<Actor, Halt> {
        let rows = self
            .store()
            .all(vec![actors::by_native(network, native_id), presences::people(network, &[native_id])]);
        let mut answers = rows.await?.into_iter();
        let actor = answers.next().and_then(|rows| rows.into_iter().next());
        let living = answers.next().is_some_and(|rows| !rows.is_empty());
        match actor.map(|mut row| actors::read(&mut row)).transpose()? {
            Some(actor) if actor.is_member() && living => Ok(actor),
            Some(actor) if actor.is_member() => Err(Halt::Ignored("the member is away")),
            _ => Err(Halt::Ignored("concerns nobody here")),
        }
    }

    fn refresh_later(&self, network: Network, native_id: &str) {
        if !self.receiving().refreshed.insert_first(&(network, native_id.to_owned()), ()) {
            return;
        }
        let (hub, native_id) = (self.clone(), native_id.to_owned());
        self.in_background(async move {
            if let Err(why) = hub.fetch_thing(network, &native_id, true, &mut Trail::default()).await {
                tracing::debug!(%network, native_id, ?why, "profile not refreshed");
            }
        });
    }

    /// Runs something that nobody waits for. When too much is under way already it is left out.
    pub fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(permit) = self.receiving().background.clone().try_acquire_owned() {
            tokio::spawn(async move {
                work.await;
                drop(permit);
            });
        }
    }
}
