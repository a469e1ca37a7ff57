//! Work on what a source says, side by side: what is of one account in order, and a note of how far all of it is done.

use std::{
    collections::BTreeSet,
    future::Future,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex},
};
use tokio::{sync::mpsc, task::JoinSet};

/// Accounts that are worked on at once.
const WORKERS: u64 = 8;
/// Jobs that may wait for one worker: then the source has to wait.
const WAITING: usize = 64;

/// Numbers of what is being worked on.
#[derive(Debug, Default)]
struct Progress {
    under_way: BTreeSet<u64>,
    /// The last number seen, worked on or not.
    last: u64,
}

/// Workers. Dropped, they end.
pub struct Crew<J> {
    queues: Vec<mpsc::Sender<(u64, J)>>,
    progress: Arc<Mutex<Progress>>,
    _workers: JoinSet<()>,
}

impl<J: Send + 'static> Crew<J> {
    /// `work` returns when a job is done, or noted so that it will be.
    pub fn new<F: Future<Output = ()> + Send>(
        last: u64,
        work: impl Fn(J) -> F + Clone + Send + Sync + 'static,
    ) -> Crew<J> {
        let progress = Arc::new(Mutex::new(Progress { last, ..Progress::default() }));
        let (mut queues, mut workers) = (Vec::new(), JoinSet::new());
        for _ in 0..WORKERS {
            let (queue, mut jobs) = mpsc::channel::<(u64, J)>(WAITING);
            let (work, progress) = (work.clone(), progress.clone());
            workers.spawn(async move {
                while let Some((number, job)) = jobs.recv().await {
                    work(job).await;
                    lock(&progress).under_way.remove(&number);
                }
            });
            queues.push(queue);
        }
        Crew { queues, progress, _workers: workers }
    }

    /// Gives a job to the worker for that account; waits while there is too much to do. `false`: the crew is broken.
    pub async fn give(&self, account: &str, number: u64, job: J) -> bool {
        let mut hasher = DefaultHasher::new();
        account.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % WORKERS).unwrap_or_default();
        {
            let mut progress = lock(&self.progress);
            progress.last = progress.last.max(number);
            progress.under_way.insert(number);
        }
        match self.queues.get(place) {
            Some(queue) => queue.send((number, job)).await.is_ok(),
            None => false,
        }
    }

    /// A number that needs no work.
    pub fn pass(&self, number: u64) {
        let mut progress = lock(&self.progress);
        progress.last = progress.last.max(number);
    }

    /// Everything up to that number is done.
    pub fn done(&self) -> u64 {
        let progress = lock(&self.progress);
        progress.under_way.first().map_or(progress.last, |first| first.saturating_sub(1))
    }
}

fn lock(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn what_is_under_way_holds_the_place() {
        let gate = Arc::new(Semaphore::new(0));
        let waits = gate.clone();
        let crew = Crew::new(4, move |slow: bool| {
            let waits = waits.clone();
            async move {
                if slow {
                    waits.acquire().await.unwrap().forget();
                }
            }
        });
        assert_eq!(crew.done(), 4);
        assert!(
            crew.give("a", 5, false).await && crew.give("b", 6, true).await && crew.give("c", 7, false).await
        );
        crew.pass(9);
        while crew.done() != 5 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1);
        while crew.done() != 9 {
            tokio::task::yield_now().await;
        }
    }
}
