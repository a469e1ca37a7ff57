//! Taking a backup.

use super::{
    NO_SEARCH, blocking, partial, remove, settle,
    tables::{self, Chunk, Sender, Table},
};
use crate::{
    Migration, Options, StoreError,
    postgres::{self, Postgres},
    sqlite::{Connection, fault},
};
use futures_util::{TryStreamExt, pin_mut};
use std::{path::Path, sync::Arc};
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{IsolationLevel, Transaction};

/// Copies a running database with SQLite's online backup, in one step: one snapshot, which holds up nobody.
pub(crate) async fn from_sqlite(database: &Path, dest: &Path) -> Result<(), StoreError> {
    let (database, dest) = (database.to_owned(), dest.to_owned());
    blocking(move || {
        let partial = partial(&dest);
        remove(&partial)?;
        let source = Connection::reader(&database)?;
        let mut target = rusqlite::Connection::open(&partial).map_err(fault)?;
        rusqlite::backup::Backup::new(source.raw(), &mut target)
            .and_then(|backup| backup.step(-1))
            .map_err(fault)?;
        target.execute_batch("PRAGMA journal_mode = DELETE").map_err(fault)?;
        target.close().map_err(|(_, error)| fault(error))?;
        settle(&partial, &dest)
    })
    .await
}

/// Reads every table in one snapshot and writes it to a file with the same schema.
pub(crate) async fn from_postgres(database: &Postgres, dest: &Path) -> Result<(), StoreError> {
    let partial = partial(dest);
    let (chunks, incoming) = mpsc::channel(4);
    let (list, tables) = oneshot::channel();
    let (migrations, file) = (database.migrations, partial.clone());
    let filling = tokio::spawn(blocking(move || fill(&file, migrations, list, incoming)));
    let exported = match tables.await {
        Ok(tables) => export(database, tables, chunks).await,
        Err(_) => Ok(()),
    };
    filling.await.map_err(|error| StoreError::file(partial.display(), error))??;
    if exported.is_err() {
        remove(&partial)?;
    }
    exported?;
    settle(&partial, dest)
}

/// Makes the file, says which tables it has, and takes their rows.
fn fill(
    file: &Path,
    migrations: &[Migration],
    list: oneshot::Sender<Vec<Arc<Table>>>,
    mut incoming: mpsc::Receiver<Chunk>,
) -> Result<(), StoreError> {
    remove(file)?;
    let mut connection = Connection::writer(file, &Options { durable: false, ..Options::default() })?;
    connection.migrate(migrations)?;
    connection.batch("PRAGMA foreign_keys = OFF; BEGIN")?;
    let tables = tables::list(connection.raw())?;
    for table in &tables {
        connection.batch(&format!("DELETE FROM {}", table.name))?;
    }
    let _ = list.send(tables);
    while let Some(chunk) = incoming.blocking_recv() {
        tables::insert(connection.raw(), chunk)?;
    }
    connection.batch(&format!("PRAGMA user_version = {NO_SEARCH}; COMMIT"))?;
    connection.close()
}

async fn export(
    database: &Postgres,
    tables: Vec<Arc<Table>>,
    chunks: mpsc::Sender<Chunk>,
) -> Result<(), StoreError> {
    let mut lease = database.lease().await?;
    let snapshot = lease
        .session()
        .client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(postgres::fault)?;
    for table in tables {
        if postgres::has_table(&snapshot, &table.name).await? {
            export_table(&snapshot, table, &chunks).await?;
        }
    }
    snapshot.rollback().await.map_err(postgres::fault)?;
    lease.give_back();
    Ok(())
}

async fn export_table(
    snapshot: &Transaction<'_>,
    table: Arc<Table>,
    out: &mpsc::Sender<Chunk>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {} FROM {}", table.columns, table.name);
    let rows = snapshot.query_raw(sql.as_str(), Vec::<i64>::new()).await.map_err(postgres::fault)?;
    pin_mut!(rows);
    let mut sender = Sender { table, out, chunk: Vec::new() };
    while let Some(row) = rows.try_next().await.map_err(postgres::fault)? {
        sender.push(postgres::read_row(&row).map_err(postgres::fault)?).await?;
    }
    sender.flush().await
}
