//! The one thread that writes. It takes what is queued, applies it write by write, commits once for all of them and answers
//! everyone after that commit is on disk: the slow part, waiting for the disk, is shared. While it waits the queue fills, so the
//! batch grows with the load by itself.
//!
//! A write that fails must leave nothing. Most that fail do so before they have changed anything. After any other the transaction
//! begins anew, and each write of it has a savepoint from then on. Savepoints for all would cost a copy of each page that a write
//! touches.

use super::{Connection, checkpoint::Checkpoints, disk::Disk};
use crate::{Fault, Migration, Options, StoreError, Write, WriteError, Written};
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
                Writer::new(connection, checkpoints, disk, jobs, commits).run();
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
    /// Writes of the open transaction. Those that failed wait for its commit too: whoever lost against another write of the batch
    /// must see that one when it is told.
    taken: Vec<Taken>,
    /// Each write of the open transaction has a savepoint from now on.
    careful: bool,
}

/// A write that was applied, or failed, and whom to answer.
struct Taken {
    write: Write,
    outcome: Result<Written, WriteError>,
    reply: Reply<Written, WriteError>,
}

impl Writer {
    fn new(
        connection: Connection,
        checkpoints: Checkpoints,
        disk: Disk,
        jobs: mpsc::Receiver<Job>,
        commits: Arc<AtomicU64>,
    ) -> Writer {
        Writer { connection, checkpoints, disk, jobs, commits, taken: Vec::new(), careful: false }
    }

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
                let outcome = self.apply(&write);
                let failed = outcome.as_ref().err().cloned();
                self.taken.push(Taken { write, outcome, reply });
                // Some errors (a full disk, a failing one) end the whole transaction: nothing of it stays.
                if let Some(error) = failed
                    && self.connection.is_autocommit()
                {
                    self.answer(Err(error.clone()));
                    refused = Some(error);
                    open = false;
                }
            }
            let more = BATCH.saturating_sub(self.taken.len());
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
        self.careful = false;
        self.connection.command("BEGIN IMMEDIATE").map_err(WriteError::from)
    }

    /// All of a write, or nothing of it. An error outside a transaction means that the whole transaction is gone.
    fn apply(&mut self, write: &Write) -> Result<Written, WriteError> {
        if !self.careful {
            let before = self.connection.total_changes();
            let outcome = self.changes(write);
            let untouched = self.connection.total_changes() == before;
            let clean = outcome.as_ref().err().is_none_or(|error| untouched && is_clean(error));
            if clean || self.connection.is_autocommit() {
                return outcome;
            }
            self.begin_anew()?;
        }
        self.apply_in_savepoint(write)
    }

    fn apply_in_savepoint(&mut self, write: &Write) -> Result<Written, WriteError> {
        self.command("SAVEPOINT w")?;
        let outcome = self.changes(write);
        if !self.connection.is_autocommit() {
            if outcome.is_err() {
                self.command("ROLLBACK TO w")?;
            }
            self.command("RELEASE w")?;
        }
        outcome
    }

    /// The open transaction once more, as far as it went, without what a write that failed may have left in it.
    fn begin_anew(&mut self) -> Result<(), WriteError> {
        self.command("ROLLBACK")?;
        self.connection.command("BEGIN IMMEDIATE")?;
        self.careful = true;
        let mut taken = std::mem::take(&mut self.taken);
        let mut done = Ok(());
        for one in &mut taken {
            one.outcome = self.apply_in_savepoint(&one.write);
            if let Some(error) = one.outcome.as_ref().err().filter(|_| self.connection.is_autocommit()) {
                done = Err(error.clone());
                break;
            }
        }
        self.taken = taken;
        done
    }

    /// One of ours, within the transaction. Where it fails, nothing of the transaction may stay.
    fn command(&mut self, text: &'static str) -> Result<(), WriteError> {
        let Err(error) = self.connection.command(text) else { return Ok(()) };
        if !self.connection.is_autocommit() && self.connection.batch("ROLLBACK").is_err() {
            tracing::error!(%error, "a transaction can neither go on nor be taken back");
            std::process::abort();
        }
        Err(error.into())
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
        for Taken { outcome: own, reply, .. } in self.taken.drain(..) {
            let _ = reply.send(outcome.clone().and(own));
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

/// Whether a statement that failed so is sure to have left nothing. Others, such as a damaged page or a value of the wrong type, may
/// end one half-way, and SQLite does not count what it changed then.
fn is_clean(error: &WriteError) -> bool {
    match error {
        WriteError::Precondition(_) => true,
        WriteError::Store(StoreError::Nul | StoreError::Arguments { .. } | StoreError::Dialect { .. }) => {
            true
        }
        WriteError::Store(error) => error.fault() == Some(Fault::Unique),
        WriteError::DiskFull => false,
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
        let writer = Writer::new(connection, checkpoints, disk, jobs, Arc::default());
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

    /// A row of the wrong type ends a statement that has changed others by then, which SQLite does not count.
    #[test]
    fn a_statement_that_ends_half_way_leaves_nothing() {
        const STRICT: &[Migration] = &[Migration {
            version: 1,
            name: "test",
            text: "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT\n);",
        }];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let (connection, checkpoints) = open(&path, STRICT, &Options::default()).unwrap();
        connection.batch(&format!("INSERT INTO t VALUES (1, 1), (2, {})", i64::MAX)).unwrap();
        let (sender, jobs) = mpsc::channel(QUEUED);
        let send = |change: Change| {
            let (reply, answer) = oneshot::channel();
            sender.try_send(Job::Write(change.into(), reply)).unwrap();
            answer
        };
        let insert = |id: i64| send(Change::new("INSERT INTO t VALUES (?1, 7)", args![id]));
        let before = insert(3);
        let raised = send(Change::new("UPDATE t SET n = n + 1 WHERE id <= ?1", args![2]));
        let (again, after) = (insert(3), insert(4));
        let writer = Writer::new(connection, checkpoints, Disk::new(&path, 0), jobs, Arc::default());
        let thread = std::thread::spawn(move || writer.run());
        before.blocking_recv().unwrap().unwrap();
        assert!(raised.blocking_recv().unwrap().is_err());
        assert!(again.blocking_recv().unwrap().is_err());
        after.blocking_recv().unwrap().unwrap();
        drop(sender);
        thread.join().unwrap();
        let found = rusqlite::Connection::open(&path).unwrap();
        let mut all = found.prepare("SELECT id || ' ' || n FROM t ORDER BY id").unwrap();
        let all: Vec<String> = all.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(all, ["1 1", &format!("2 {}", i64::MAX), "3 7", "4 7"]);
    }

    const QUEUED: usize = 8;
}
