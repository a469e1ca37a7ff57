//! Beside the writer: what was committed is moved from the write-ahead log into the database file by a thread of its own, so
//! that nobody's commit waits for it. What was committed meanwhile is little, and the writer moves that itself: only when
//! nothing is left to move does SQLite begin the log anew, which keeps it short.

use super::Connection;
use crate::{Options, StoreError};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
};

/// Pages of 4 KB in the log when it is time.
const PAGES: usize = 2_000;
/// Waits for readers never; for them the log stays as it is.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";

pub(super) struct Checkpoints {
    /// Pages in the log after the last commit.
    pages: Arc<AtomicUsize>,
    /// Of those, already moved, or being moved.
    moved: usize,
    /// The thread is at work.
    working: bool,
    wake: SyncSender<()>,
    done: Receiver<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Takes the matter over from SQLite, which would do it within commits.
    pub fn start(writer: &mut Connection, path: &Path, options: &Options) -> Result<Checkpoints, StoreError> {
        let pages = Arc::new(AtomicUsize::new(0));
        writer.after_commits(pages.clone())?;
        let connection = Connection::beside(path, options)?;
        let ((wake, woken), (tell, done)) = (sync_channel(1), sync_channel(1));
        let thread = thread::Builder::new()
            .name("db-checkpoint".into())
            .spawn(move || work(&connection, &woken, &tell))
            .map_err(|error| StoreError::file("cannot start the checkpoints' thread", error))?;
        Ok(Checkpoints { pages, moved: 0, working: false, wake, done, thread })
    }

    /// Between two batches of the writer.
    pub fn tend(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.working {
            if matches!(self.done.try_recv(), Err(TryRecvError::Empty)) {
                return;
            }
            self.working = false;
            if pages > self.moved {
                run(writer);
                self.moved = pages;
            }
        }
        if pages < self.moved {
            // The log has begun anew.
            self.moved = 0;
        }
        if pages - self.moved >= PAGES {
            self.moved = pages;
            self.working = true;
            let _ = self.wake.try_send(());
        }
    }

    /// Returns when the thread is gone.
    pub fn stop(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}

fn work(connection: &Connection, woken: &Receiver<()>, tell: &SyncSender<()>) {
    while woken.recv().is_ok() {
        run(connection);
        if tell.send(()).is_err() {
            return;
        }
    }
}

/// One that fails is made up for by the next: the log only grows meanwhile.
fn run(connection: &Connection) {
    if let Err(error) = connection.batch(MOVE) {
        tracing::warn!(%error, "the write-ahead log could not be moved into the database");
    }
}
