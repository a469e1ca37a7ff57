//! Reader threads that share one queue. Each has its own connection and sees the database as of its last commit.

use super::Connection;
use crate::{Packed, Query, Row, StoreError};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::{Semaphore, oneshot};

/// Reads waiting or under way; beyond this, callers wait.
const QUEUE: usize = 4096;

pub(super) struct Readers {
    queue: Arc<Queue>,
    places: Semaphore,
}

/// What a reader does, and answers.
type Read = Box<dyn FnOnce(&mut Connection) + Send>;

impl Readers {
    pub fn start(path: &Path, count: usize) -> Result<Readers, StoreError> {
        let queue = Arc::new(Queue::default());
        let readers = Readers { queue: queue.clone(), places: Semaphore::new(QUEUE) };
        for number in 0..count.max(1) {
            let mut connection = Connection::reader(path)?;
            let queue = queue.clone();
            thread::Builder::new()
                .name(format!("db-read-{number}"))
                .spawn(move || {
                    while let Some(read) = queue.take() {
                        read(&mut connection);
                    }
                })
                .map_err(|error| StoreError::file("cannot start a reader thread", error))?;
        }
        Ok(readers)
    }

    pub async fn read(&self, queries: Vec<Query>, first_row_only: bool) -> Result<Vec<Vec<Row>>, StoreError> {
        self.answered(move |connection| answer(connection, &queries, first_row_only)).await
    }

    pub async fn packed(&self, query: Query) -> Result<Packed, StoreError> {
        self.answered(move |connection| connection.packed(&query)).await
    }

    async fn answered<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _place = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        self.queue.put(Box::new(move |connection| {
            // Otherwise nobody waits any more: the caller gave up.
            if !reply.is_closed() {
                let _ = reply.send(read(connection));
            }
        }));
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub fn close(&self) {
        self.places.close();
        self.queue.close();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Several queries see one snapshot.
fn answer(
    connection: &mut Connection,
    queries: &[Query],
    first_row_only: bool,
) -> Result<Vec<Vec<Row>>, StoreError> {
    let snapshot = queries.len() > 1;
    if snapshot {
        connection.command("BEGIN")?;
    }
    let run = |query| Ok(connection.run(query, first_row_only)?.rows);
    let answers = queries.iter().map(run).collect();
    if snapshot {
        connection.command("COMMIT")?;
    }
    answers
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Read>,
    closed: bool,
}

impl Queue {
    fn put(&self, read: Read) {
        let mut state = self.lock();
        // A read put after closing is dropped, which tells its caller so.
        if !state.closed {
            state.waiting.push_back(read);
            drop(state);
            self.filled.notify_one();
        }
    }

    /// The next read; none once the queue is closed and empty.
    fn take(&self) -> Option<Read> {
        let mut state = self.lock();
        loop {
            if let Some(read) = state.waiting.pop_front() {
                return Some(read);
            }
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
