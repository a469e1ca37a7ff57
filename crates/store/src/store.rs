//! The store: reads, writes, and which engine does them.

use crate::{
    EngineKind, Migration, Packed, Query, Row, StoreError, Write, WriteError, Written, postgres::Postgres,
    schema::MIGRATIONS, sqlite::Sqlite,
};
use futures_util::future::BoxFuture;
use std::{path::Path, sync::Arc};

/// How an engine is run. The defaults fit a machine with one core and 1 GB.
#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite: reader threads.
    pub readers: usize,
    /// SQLite: bytes to leave free on the disk; with less, writes are refused.
    pub disk_reserve: u64,
    /// PostgreSQL: connections, at most.
    pub connections: usize,
    /// SQLite: wait for the disk at each commit. Only for tests that prove what it is for.
    #[doc(hidden)]
    pub durable: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { readers: 4, disk_reserve: 64 << 20, connections: 16, durable: true }
    }
}

/// What was committed at some time: see [`Store::moment`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Commits by this process.
    Commits(u64),
    /// Transactions that can be seen, in the server's own words.
    Snapshot(String),
}

/// A handle on the database; clones share it.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Store {
    /// Opens the database at `sqlite:PATH` (made when there is none) or `postgres://...` and brings its schema
    /// forward. Fails when the database is newer than this program.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_with(url, MIGRATIONS).await
    }

    /// Opens with another schema.
    pub async fn open_with(url: &str, migrations: &'static [Migration]) -> Result<Store, StoreError> {
        Store::open_tuned(url, migrations, Options::default()).await
    }

    pub async fn open_tuned(
        url: &str,
        migrations: &'static [Migration],
        options: Options,
    ) -> Result<Store, StoreError> {
        let engine = match Address::parse(url)? {
            Address::Sqlite(path) => Engine::Sqlite(Sqlite::open(path, migrations, &options).await?),
            Address::Postgres(url) => {
                let postgres = Postgres::connect(url, migrations, &options)?;
                postgres.migrate().await?;
                Engine::Postgres(Box::new(postgres))
            }
        };
        Ok(Store { engine: Arc::new(engine) })
    }

    /// Every row of the answer.
    pub async fn rows(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        Ok(self.read(vec![query], false).await?.pop().unwrap_or_default())
    }

    /// The first row of the answer.
    pub async fn row(&self, query: Query) -> Result<Option<Row>, StoreError> {
        let rows = self.read(vec![query], true).await?.pop().unwrap_or_default();
        Ok(rows.into_iter().next())
    }

    /// The answers to several queries, in their order, all from one snapshot and in one hop.
    pub async fn all(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        if queries.is_empty() { Ok(Vec::new()) } else { self.read(queries, false).await }
    }

    /// Every row of an answer whose columns are texts and bytes, in one buffer.
    pub async fn packed(&self, query: Query) -> Result<Packed, StoreError> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.packed(query).await,
            Engine::Postgres(_) => self.rows(query).await?.try_into(),
        }
    }

    // Boxed, as is what writes: the compiler puts the body of an `async fn` into whatever awaits it, and these are awaited
    // everywhere. It made an eighth of the program.
    fn read(
        &self,
        queries: Vec<Query>,
        first_row_only: bool,
    ) -> BoxFuture<'_, Result<Vec<Vec<Row>>, StoreError>> {
        Box::pin(async move {
            match &*self.engine {
                Engine::Sqlite(sqlite) => sqlite.read(queries, first_row_only).await,
                Engine::Postgres(postgres) => postgres.read(queries, first_row_only).await,
            }
        })
    }

    /// Does all of a write or nothing; returns after the commit is durable. When the caller stops waiting, the write
    /// may be done or not.
    pub fn write(&self, write: impl Into<Write>) -> BoxFuture<'_, Result<Written, WriteError>> {
        self.write_all(write.into())
    }

    fn write_all(&self, write: Write) -> BoxFuture<'_, Result<Written, WriteError>> {
        Box::pin(async move {
            if write.is_empty() {
                return Ok(Written::default());
            }
            match &*self.engine {
                Engine::Sqlite(sqlite) => sqlite.write(write).await,
                Engine::Postgres(postgres) => postgres.write(write).await,
            }
        })
    }

    pub fn engine(&self) -> EngineKind {
        match &*self.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// What is committed now: what is read after this was taken stays true as long as a later moment equals it. On SQLite
    /// but for what other processes write; on PostgreSQL whoever writes.
    pub async fn moment(&self) -> Result<Moment, StoreError> {
        Ok(match &*self.engine {
            Engine::Sqlite(sqlite) => Moment::Commits(sqlite.commits()),
            Engine::Postgres(postgres) => Moment::Snapshot(postgres.snapshot().await?),
        })
    }

    /// Makes what was deleted leave the disk too. SQLite: deleted rows are already zeroed in the database file; this
    /// empties the write-ahead log that may still hold them. PostgreSQL: vacuums, so that the space is reused.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.checkpoint().await,
            Engine::Postgres(postgres) => postgres.vacuum().await,
        }
    }

    /// Writes a consistent copy to `dest` (an SQLite file whichever the engine) while the store goes on working; it is
    /// on disk, whole, when this returns. An older file there is replaced.
    pub async fn backup(&self, dest: &Path) -> Result<(), StoreError> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => crate::archive::from_sqlite(sqlite.path(), dest).await,
            Engine::Postgres(postgres) => crate::archive::from_postgres(postgres, dest).await,
        }
    }

    /// Finishes what is queued and lets go of the database. Other clones get [`StoreError::Closed`] from now on.
    pub async fn close(self) {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}

pub(crate) enum Address<'a> {
    Sqlite(&'a Path),
    Postgres(&'a str),
}

impl Address<'_> {
    pub(crate) fn parse(url: &str) -> Result<Address<'_>, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                Err(StoreError::Address)
            } else {
                Ok(Address::Sqlite(Path::new(path)))
            };
        }
        let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if postgres { Ok(Address::Postgres(url)) } else { Err(StoreError::Address) }
    }
}
