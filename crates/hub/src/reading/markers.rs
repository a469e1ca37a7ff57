//! Where a member has read to.

use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::entities::markers;

impl Hub {
    /// Where the member has read to, per timeline (`home`, `notifications`): last id, version, time.
    pub async fn markers(&self, member: Id) -> Result<Vec<(String, Id, u64, Time)>, HubError> {
        let rows = self.store().rows(markers::of_member(member)).await?;
        let read = |mut row: landbridge_store::Row| {
            let version = u64::try_from(row.get::<i64>(2)?).unwrap_or(0);
            Ok((row.get(0)?, row.get(1)?, version, row.get(3)?))
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn set_marker(&self, member: Id, timeline: &str, last_read: Id) -> Result<(), HubError> {
        self.store().write(markers::put(member, timeline, last_read, Time::now())).await?;
        Ok(())
    }
}
