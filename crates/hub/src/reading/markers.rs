//! Where a member has read to.

use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::{Change, args, query};

impl Hub {
    /// Where the member has read to, per timeline (`home`, `notifications`): last id, version, time.
    pub async fn markers(&self, member: Id) -> Result<Vec<(String, Id, u64, Time)>, HubError> {
        let sql = "SELECT timeline, last_read_id, version, updated_at FROM markers WHERE member_id = ?1 ORDER BY timeline";
        let rows = self.store().rows(query(sql, args![member])).await?;
        let read = |mut row: landbridge_store::Row| {
            let version = u64::try_from(row.get::<i64>(2)?).unwrap_or(0);
            Ok((row.get(0)?, row.get(1)?, version, row.get(3)?))
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn set_marker(&self, member: Id, timeline: &str, last_read: Id) -> Result<(), HubError> {
        let sql = "INSERT INTO markers (member_id, timeline, last_read_id, version, updated_at) VALUES (?1, ?2, ?3, 1, ?4)
                   ON CONFLICT (member_id, timeline) DO UPDATE SET
                     last_read_id = excluded.last_read_id, version = markers.version + 1, updated_at = excluded.updated_at";
        self.store().write(Change::new(sql, args![member, timeline, last_read, Time::now()])).await?;
        Ok(())
    }
}
