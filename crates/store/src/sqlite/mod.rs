//! The embedded engine: one writer thread, a few reader threads, one file in WAL mode.
//!
//! - `writer`: takes queued writes, many to one commit, and answers after the commit is on disk.
//! - `checkpoint`: moves what was committed from the log into the file, beside the writer.
//! - `readers`: threads that share one queue; a write never waits for them nor they for it.
//! - `connection`: opening, binding, running and reading one statement.
//! - `disk`: how much room is left.

mod checkpoint;
mod connection;
mod disk;
mod readers;
mod writer;

pub(crate) use connection::{Connection, fault, read_row};

use crate::{Migration, Options, Packed, Query, Row, StoreError, Write, WriteError, Written};
use readers::Readers;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot};
use writer::Job;

/// Writes waiting for the writer; beyond this, callers wait.
const QUEUE: usize = 4096;

pub(crate) struct Sqlite {
    path: PathBuf,
    writer: mpsc::Sender<Job>,
    readers: Readers,
    /// Commits so far.
    commits: Arc<AtomicU64>,
}

impl Sqlite {
    pub async fn open(
        path: &Path,
        migrations: &'static [Migration],
        options: &Options,
    ) -> Result<Sqlite, StoreError> {
        let (writer, jobs) = mpsc::channel(QUEUE);
        let commits = Arc::new(AtomicU64::new(0));
        writer::start(path.to_owned(), migrations, options.clone(), jobs, commits.clone()).await?;
        let readers = Readers::start(path, options.readers)?;
        Ok(Sqlite { path: path.to_owned(), writer, readers, commits })
    }

    pub async fn read(&self, queries: Vec<Query>, first_row_only: bool) -> Result<Vec<Vec<Row>>, StoreError> {
        self.readers.read(queries, first_row_only).await
    }

    pub async fn packed(&self, query: Query) -> Result<Packed, StoreError> {
        self.readers.packed(query).await
    }

    pub async fn write(&self, write: Write) -> Result<Written, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Write(write, reply)).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Moves everything from the WAL into the database file and empties the WAL.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Checkpoint(reply)).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Answers what is queued, then closes the file.
    pub async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        self.readers.close();
        if self.send(Job::Close(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }

    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        self.writer.send(job).await.map_err(|_| StoreError::Closed)
    }
}
