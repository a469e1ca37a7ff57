//! Bringing a backup back, into a fresh database of either engine.

use super::{
    NO_SEARCH, blocking, partial, remove, settle,
    tables::{self, Chunk, Table},
};
use crate::{
    Erasure, ErasureJournal, MIGRATIONS, Migration, Options, Store, StoreError,
    postgres::{self, Postgres},
    sqlite::{Connection, fault},
    store::Address,
};
use futures_util::pin_mut;
use std::{path::Path, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_postgres::{Transaction, binary_copy::BinaryCopyInWriter};

/// Numbers that sequences skip: more than can have been given out after the backup was taken, so that none means two
/// different things to those who read on from it.
const JUMP: i64 = 1 << 32;

/// What is left to do after a restore, before anyone is served.
#[derive(Debug)]
pub struct Restored {
    /// Who was erased after the backup was taken, and must be erased again. [`ErasureJournal::pending`] says the same
    /// at any later start, until it is done.
    pub erasures: Vec<Erasure>,
    /// The search index did not travel, and must be built again.
    pub rebuild_search: bool,
}

/// Restores a backup into a database that does not exist yet (`sqlite:PATH`) or has no tables yet (`postgres://...`).
/// The schema is brought forward. All or nothing: the database is there only when all of it is.
pub async fn restore(backup: &Path, url: &str, journal: &ErasureJournal) -> Result<Restored, StoreError> {
    restore_with(backup, url, journal, MIGRATIONS).await
}

/// [`restore`] with another schema.
pub async fn restore_with(
    backup: &Path,
    url: &str,
    journal: &ErasureJournal,
    migrations: &'static [Migration],
) -> Result<Restored, StoreError> {
    let rebuild_search = match Address::parse(url)? {
        Address::Sqlite(path) => {
            let (backup, path) = (backup.to_owned(), path.to_owned());
            blocking(move || {
                if path.exists() {
                    return Err(StoreError::Refused("restore into a place where no database is yet"));
                }
                let partial = partial(&path);
                let (connection, searchable) = copy(&backup, &partial, migrations)?;
                connection.close()?;
                settle(&partial, &path)?;
                Ok(!searchable)
            })
            .await?
        }
        Address::Postgres(url) => {
            into_postgres(backup, url, migrations).await?;
            true
        }
    };
    let store = Store::open_with(url, migrations).await?;
    let erasures = journal.pending(&store).await;
    store.close().await;
    Ok(Restored { erasures: erasures?, rebuild_search })
}

/// Makes a copy of the backup, brought forward and with its sequences ahead. Also tells whether it holds a search index.
fn copy(backup: &Path, to: &Path, migrations: &[Migration]) -> Result<(Connection, bool), StoreError> {
    let damaged = |_| StoreError::Refused("this file is not a backup, or it is damaged");
    remove(to)?;
    std::fs::copy(backup, to).map_err(|error| StoreError::file(backup.display(), error))?;
    let mut connection = Connection::writer(to, &Options::default()).map_err(damaged)?;
    let number = |sql| connection.raw().query_row(sql, (), |row| row.get::<_, i64>(0)).map_err(fault);
    let ours = "SELECT COUNT(*) FROM pragma_table_list WHERE name = 'schema_migrations'";
    let sound = "SELECT COUNT(*) FROM pragma_quick_check WHERE quick_check = 'ok'";
    if number(ours).map_err(damaged)? != 1 || number(sound).map_err(damaged)? != 1 {
        return Err(StoreError::Refused("this file is not a backup, or it is damaged"));
    }
    let searchable = number("PRAGMA user_version")? != NO_SEARCH;
    connection.migrate(migrations)?;
    connection.batch(&format!("PRAGMA user_version = 0; UPDATE counters SET value = value + {JUMP};"))?;
    Ok((connection, searchable))
}

async fn into_postgres(backup: &Path, url: &str, migrations: &'static [Migration]) -> Result<(), StoreError> {
    let database = Postgres::connect(url, migrations, &Options::default())?;
    database.migrate().await?;
    let (chunks, incoming) = mpsc::channel(4);
    let (list, tables) = oneshot::channel();
    let copied = partial(backup);
    let (from, to) = (backup.to_owned(), copied.clone());
    let reading = tokio::spawn(blocking(move || {
        let (connection, _) = copy(&from, &to, migrations)?;
        let tables = tables::list(connection.raw())?;
        let _ = list.send(tables.clone());
        tables::read_all(connection.raw(), &tables, &chunks)?;
        drop(chunks);
        connection.close()
    }));
    let loaded = match tables.await {
        Ok(tables) => load(&database, tables, incoming, reading).await,
        Err(_) => reading.await.map_err(|error| StoreError::file(backup.display(), error))?,
    };
    remove(&copied)?;
    loaded
}

/// Fills the tables in one transaction, which commits only when the whole file was read.
async fn load(
    database: &Postgres,
    tables: Vec<Arc<Table>>,
    mut incoming: mpsc::Receiver<Chunk>,
    reading: JoinHandle<Result<(), StoreError>>,
) -> Result<(), StoreError> {
    let mut lease = database.lease().await?;
    let transaction = lease.session().client.transaction().await.map_err(postgres::fault)?;
    for table in &tables {
        if postgres::has_table(&transaction, &table.name).await? {
            let any = format!("SELECT 1 FROM {} LIMIT 1", table.name);
            if transaction.query_opt(any.as_str(), &[]).await.map_err(postgres::fault)?.is_some() {
                return Err(StoreError::Refused(
                    "this database has something in it already: restore into an empty one",
                ));
            }
        }
    }
    let mut next = incoming.recv().await;
    while let Some(chunk) = next {
        next = load_table(&transaction, chunk, &mut incoming).await?;
    }
    reading.await.map_err(|error| StoreError::file("backup", error))??;
    postgres::tend(&transaction, "ANALYZE").await?;
    transaction.commit().await.map_err(postgres::fault)?;
    lease.give_back();
    Ok(())
}

/// Takes the chunks of one table; returns the first of the next.
async fn load_table(
    transaction: &Transaction<'_>,
    (table, mut rows): Chunk,
    incoming: &mut mpsc::Receiver<Chunk>,
) -> Result<Option<Chunk>, StoreError> {
    let failed = postgres::fault;
    let select = format!("SELECT {} FROM {}", table.columns, table.name);
    let columns = transaction.prepare(&select).await.map_err(failed)?;
    let types: Vec<_> = columns.columns().iter().map(|column| column.type_().clone()).collect();
    let copy = format!("COPY {} ({}) FROM STDIN BINARY", table.name, table.columns);
    let writer = BinaryCopyInWriter::new(transaction.copy_in(copy.as_str()).await.map_err(failed)?, &types);
    pin_mut!(writer);
    let next = loop {
        for row in rows {
            writer.as_mut().write_raw(&row.0).await.map_err(failed)?;
        }
        match incoming.recv().await {
            Some((same, more)) if Arc::ptr_eq(&same, &table) => rows = more,
            other => break other,
        }
    };
    writer.finish().await.map_err(failed)?;
    Ok(next)
}
