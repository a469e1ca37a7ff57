//! Bringing the schema forward: one node at a time, each migration in its own transaction.

use super::{Pool, fault};
use crate::{EngineKind, Migration, StoreError, migrate};

/// Held while migrating; per schema, so that several installations can share a database.
const LOCK: &str = "SELECT pg_advisory_lock(hashtext('landbridge ' || current_schema()))";

pub(super) async fn forward(pool: &Pool, migrations: &[Migration]) -> Result<(), StoreError> {
    // The connection is dropped at the end rather than given back, which frees the lock.
    let mut lease = pool.take().await?;
    let client = &mut lease.session().client;
    client.batch_execute(LOCK).await.map_err(fault)?;
    client.batch_execute(migrate::TABLE).await.map_err(fault)?;
    let rows = client.query("SELECT version, checksum FROM schema_migrations", &[]).await.map_err(fault)?;
    let applied = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<Vec<(i64, i64)>, _>>()
        .map_err(fault)?;
    for migration in migrate::pending(migrations, &applied)? {
        let text = migration.for_engine(EngineKind::Postgres)?;
        let note = "INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)";
        let transaction = client.transaction().await.map_err(fault)?;
        transaction.batch_execute(&text).await.map_err(|error| migration.failed(fault(error)))?;
        transaction.execute(note, &[&migration.version, &migration.checksum()]).await.map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
    }
    Ok(())
}
