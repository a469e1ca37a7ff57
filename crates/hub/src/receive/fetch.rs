//! Fetching what is missing to understand something, through its network, within the bounds of a [`Trail`].

use super::{halt::Halt, trail::Trail};
use crate::{Hub, Via, What};
use landbridge_model::Network;

/// Of what a network returns for one id, at most so many things are taken in.
const MOST: usize = 8;

impl Hub {
    /// Asks a network for one thing by its native id and takes in what comes. Whether it is here then, the caller looks
    /// for itself.
    pub(super) async fn fetch_thing(
        &self,
        network: Network,
        native_id: &str,
        only_actors: bool,
        trail: &mut Trail,
    ) -> Result<(), Halt> {
        // What is ours and not here does not exist.
        let ours = native_id.strip_prefix(self.config().origin.as_str().trim_end_matches('/'));
        let missing = &self.receiving().missing;
        let key = (network, native_id.to_owned());
        if ours.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '?']))
            || missing.contains(&key)
        {
            return Ok(());
        }
        let Ok(translator) = self.translator(network) else { return Ok(()) };
        let Some(time) = trail.step(native_id) else { return Ok(()) };
        let fetched = tokio::time::timeout(time, translator.fetch(self, native_id)).await;
        let things = match fetched {
            Ok(Ok(things)) => things,
            Ok(Err(why)) => {
                tracing::debug!(%network, native_id, %why, "not fetched");
                Vec::new()
            }
            Err(_) => {
                tracing::debug!(%network, native_id, "not fetched in time");
                Vec::new()
            }
        };
        if things.is_empty() {
            missing.insert(key, ());
        }
        for mut thing in things.into_iter().take(MOST) {
            let wanted = match &thing.what {
                What::Profile(_) => true,
                What::Post(_) | What::Repost { .. } => !only_actors,
                _ => false,
            };
            if !wanted {
                continue;
            }
            thing.via = Via::Fetched;
            // A failure here is no failure of what led here; but when the store is away nothing more can be done.
            if let Err(Halt::Failed(error)) = self.arrive(thing, trail).await {
                trail.back();
                return Err(Halt::Failed(error));
            }
        }
        trail.back();
        Ok(())
    }
}
