//! The one thread that writes. It takes what is queued, applies each write in a savepoint of its own, commits once for
//! all of them and answers everyone after that commit is on disk: the slow part, waiting for the disk, is shared. While
//! it waits the queue fills, so the batch grows with the load by itself.

use super::{Connection, checkpoint::Checkpoints, disk::Disk};
use crate::{Migration, Options, StoreError, Write, WriteError, Written};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Writes that share a commit, at most.
const BATCH: usize = 512;
/// How long a batch goes on taking what arrives meanwhile.
const BATCH_TIME: Duration = Duration::from_millis(4);
/// How often SQLite looks whether what it knows of its tables, to plan queries, is out of date.
const OPTIMIZE: Duration = Duration::from_secs(6 * 3600);

type Reply<T, E> = oneshot::Sender<Result<T, E>>;

pub(super) enum Job {
    Write(Write, Reply<Written, WriteError>),
    Checkpoint(Reply<(), StoreError>),
    Close(Reply<(), StoreError>),
}

/// Opens and migrates the database on the writer's thread; returns when it is ready.
pub(super) async fn start(
    path: PathBuf,
    migrations: &'static [Migration],
    options: Options,
    jobs: mpsc::Receiver<Job>,
    commits: Arc<AtomicU64>,
) -> Result<(), StoreError> {
    let (ready, opened) = oneshot::channel();
    thread::Builder::new()
        .name("db-write".into())
        .spawn(move || match open(&path, migrations, &options) {
            Ok((connection, checkpoints)) => {
                let disk = Disk::new(&path, options.disk_reserve);
                let _ = ready.send(Ok(()));
                Writer { connection, checkpoints, disk, jobs, commits, accepted: Vec::new() }.run();
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        })
        .map_err(|error| StoreError::file("cannot start the writer thread", error))?;
    opened.await.map_err(|_| StoreError::Closed)?
}

fn open(
    path: &Path,
    migrations: &[Migration],
    options: &Options,
) -> Result<(Connection, Checkpoints), StoreError> {
    let mut connection = Connection::writer(path, options)?;
    connection.migrate(migrations)?;
    connection.batch("PRAGMA optimize = 0x10002")?;
    let checkpoints = Checkpoints::start(&mut connection, path, options)?;
    Ok((connection, checkpoints))
}

struct Writer {
    connection: Connection,
    checkpoints: Checkpoints,
    disk: Disk,
    jobs: mpsc::Receiver<Job>,
    /// Raised after each commit and before anyone is answered.
    commits: Arc<AtomicU64>,
    /// Writes applied in the open transaction, with whom to answer after its commit. Those that failed wait for it too:
    /// whoever lost against another write of the batch must see that one when it is told.
    accepted: Vec<(Result<Written, WriteError>, Reply<Written, WriteError>)>,
}

impl Writer {
    fn run(mut self) {
        let mut queue = Vec::with_capacity(BATCH);
        let mut optimized = Instant::now();
        loop {
            if self.jobs.blocking_recv_many(&mut queue, BATCH) == 0 {
                return;
            }
            let mut others = Vec::new();
            self.batch(&mut queue, &mut others);
            self.checkpoints.tend(&self.connection);
            if optimized.elapsed() > OPTIMIZE {
                optimized = Instant::now();
                if let Err(error) = self.connection.batch("PRAGMA optimize") {
                    tracing::warn!(%error, "could not refresh the statistics of the tables");
                }
            }
            for job in others {
                match job {
                    Job::Checkpoint(reply) => {
                        let _ = reply.send(self.connection.empty_log());
                    }
                    Job::Close(reply) => return self.close(reply),
                    Job::Write(..) => {}
                }
            }
        }
    }

    /// Applies the queued writes, and those that arrive meanwhile, in one transaction. Other jobs are set aside.
    fn batch(&mut self, queue: &mut Vec<Job>, others: &mut Vec<Job>) {
        let begun = Instant::now();
        let mut refused = None;
        let mut open = false;
        while !queue.is_empty() {
            for job in queue.drain(..) {
                let Job::Write(write, reply) = job else {
                    others.push(job);
                    continue;
                };
                if !open && refused.is_none() {
                    match self.begin() {
                        Ok(()) => open = true,
                        Err(error) => refused = Some(error),
                    }
                }
                if let Some(error) = &refused {
                    let _ = reply.send(Err(error.clone()));
                    continue;
                }
                match self.apply(&write) {
                    Ok(written) => self.accepted.push((Ok(written), reply)),
                    Err(error) => {
                        self.accepted.push((Err(error.clone()), reply));
                        // Some errors (a full disk, a failing one) end the whole transaction: nothing of it stays.
                        if self.connection.is_autocommit() {
                            self.answer(Err(error.clone()));
                            refused = Some(error);
                            open = false;
                        }
                    }
                }
            }
            let more = BATCH.saturating_sub(self.accepted.len());
            if more == 0 || begun.elapsed() > BATCH_TIME {
                break;
            }
            while queue.len() < more
                && let Ok(job) = self.jobs.try_recv()
            {
                queue.push(job);
            }
        }
        if open {
            let outcome = self.commit();
            self.commits.fetch_add(1, Ordering::Release);
            self.answer(outcome);
        }
    }

    fn begin(&mut self) -> Result<(), WriteError> {
        if !self.disk.has_room() {
            return Err(WriteError::DiskFull);
        }
        self.connection.command("BEGIN IMMEDIATE").map_err(WriteError::from)
    }

    /// One write in its savepoint.
    fn apply(&mut self, write: &Write) -> Result<Written, WriteError> {
        self.connection.command("SAVEPOINT w")?;
        let outcome = self.changes(write);
        if !self.connection.is_autocommit() {
            if outcome.is_err() {
                self.connection.command("ROLLBACK TO w")?;
            }
            self.connection.command("RELEASE w")?;
        }
        outcome
    }

    fn changes(&mut self, write: &Write) -> Result<Written, WriteError> {
        let mut written = Written::default();
        for change in &write.changes {
            let outcome = self.connection.run(&change.query, false)?;
            outcome.settle(change.expect, &mut written.returned).map_err(WriteError::Precondition)?;
        }
        Ok(written)
    }

    fn commit(&mut self) -> Result<(), WriteError> {
        self.connection.command("COMMIT").map_err(|error| {
            if !self.connection.is_autocommit() {
                let _ = self.connection.batch("ROLLBACK");
            }
            WriteError::from(error)
        })
    }

    fn answer(&mut self, outcome: Result<(), WriteError>) {
        for (written, reply) in self.accepted.drain(..) {
            let _ = reply.send(outcome.clone().and(written));
        }
    }

    /// Answers what is still queued, then lets the file go.
    fn close(mut self, reply: Reply<(), StoreError>) {
        self.jobs.close();
        let mut queue = Vec::new();
        let mut others = Vec::new();
        while let Ok(job) = self.jobs.try_recv() {
            queue.push(job);
            self.batch(&mut queue, &mut others);
        }
        let _ = self.connection.batch("PRAGMA optimize");
        let Writer { connection, checkpoints, .. } = self;
        checkpoints.stop();
        let outcome = connection.empty_log();
        drop(connection);
        let _ = reply.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, args};

    const SCHEMA: &[Migration] =
        &[Migration { version: 1, name: "test", text: "CREATE TABLE t (id BIGINT PRIMARY KEY, b BYTES);" }];

    /// A database that may not grow stands in for a disk that is full: SQLite reports both alike.
    #[test]
    fn a_full_disk_is_told_to_everyone_and_passes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let (connection, checkpoints) = open(&path, SCHEMA, &Options::default()).unwrap();
        connection.batch("PRAGMA max_page_count = 20").unwrap();
        let (sender, jobs) = mpsc::channel(QUEUED);
        let insert = |id: i64, size: usize| {
            let (reply, answer) = oneshot::channel();
            let change = Change::new("INSERT INTO t VALUES (?1, ?2)", args![id, vec![1u8; size]]);
            sender.try_send(Job::Write(change.into(), reply)).unwrap();
            answer
        };
        let (small, large, after) = (insert(1, 10), insert(2, 1_000_000), insert(3, 10));
        let disk = Disk::new(&path, 0);
        let writer =
            Writer { connection, checkpoints, disk, jobs, commits: Arc::default(), accepted: Vec::new() };
        let thread = std::thread::spawn(move || writer.run());
        for answer in [small, large, after] {
            let answer = answer.blocking_recv().unwrap();
            assert!(matches!(answer, Err(WriteError::DiskFull)), "{answer:?}");
        }
        // Later writes are tried again, once the batch that failed is over.
        std::thread::sleep(Duration::from_millis(50));
        insert(4, 10).blocking_recv().unwrap().unwrap();
        drop(sender);
        thread.join().unwrap();
        let found = rusqlite::Connection::open(&path).unwrap();
        let ids: i64 = found.query_row("SELECT SUM(id) FROM t", (), |row| row.get(0)).unwrap();
        assert_eq!(ids, 4);
    }

    const QUEUED: usize = 8;
}
