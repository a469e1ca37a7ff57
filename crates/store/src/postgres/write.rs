//! A write as one transaction.
//!
//! It is SERIALIZABLE, so that a precondition means here what it means under SQLite's single writer: two writes that
//! could break each other's preconditions never both commit. The loser is run again. All statements are sent before the
//! first answer is awaited: a write costs two round trips however many changes it has.

use super::{Pool, fault, pool::Session, run_all};
use crate::{Fault, StoreError, Write, WriteError, Written, sequence};
use futures_util::{future::poll_immediate, pin_mut};
use std::time::{Duration, SystemTime};

/// How often a write is run again when it collided with others.
const ATTEMPTS: u32 = 20;
/// After so many, a write waits for the others that have come as far: where everybody writes to the same rows, each attempt
/// would only make another one fail.
const IN_TURN: u32 = 3;
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
/// Whoever takes a number of a sequence waits here, before the transaction's snapshot is taken, for whoever took the one
/// before to commit.
const BEGIN_IN_TURN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE counters IN EXCLUSIVE MODE";

pub(super) async fn write(pool: &Pool, write: &Write) -> Result<Written, WriteError> {
    let mut attempt = 0;
    loop {
        let turn = if attempt >= IN_TURN { Some(pool.turn.lock().await) } else { None };
        let mut lease = pool.take().await?;
        let (error, usable) = match transaction(lease.session(), write).await {
            Ok(written) => {
                lease.give_back();
                return Ok(written);
            }
            Err(Failure::Unknown(error)) => return Err(error.into()),
            Err(Failure::RolledBack(error)) => (error, true),
            Err(Failure::Lost(error)) => (error, false),
        };
        if usable {
            lease.give_back();
        } else {
            pool.forget_idle();
        }
        attempt += 1;
        let again = match &error {
            WriteError::Store(error) => match error.fault() {
                Some(Fault::Busy) => attempt <= ATTEMPTS,
                Some(Fault::Unavailable) => attempt <= 1,
                _ => false,
            },
            _ => false,
        };
        if !again {
            return Err(error);
        }
        drop(turn);
        tokio::time::sleep(pause(attempt)).await;
    }
}

enum Failure {
    /// Nothing was done; the connection can be used again.
    RolledBack(WriteError),
    /// Nothing was done; the connection must not be used again.
    Lost(WriteError),
    /// The connection broke while the commit was under way: it may have been done.
    Unknown(StoreError),
}

async fn transaction(session: &mut Session, write: &Write) -> Result<Written, Failure> {
    let queries = || write.changes.iter().map(|change| &change.query);
    let prepared = session.prepare(queries()).await.map_err(|error| match error.fault() {
        Some(Fault::Unavailable) => Failure::Lost(error.into()),
        _ => Failure::RolledBack(error.into()),
    })?;
    let client = &session.client;

    let in_turn = queries().any(|query| sequence::takes_number(&query.sql));
    let begin = client.batch_execute(if in_turn { BEGIN_IN_TURN } else { BEGIN });
    pin_mut!(begin);
    let begun = poll_immediate(&mut begin).await;
    let outcomes = run_all(client, &prepared, queries(), false).await;
    let begun = match begun {
        Some(done) => done,
        None => begin.await,
    };

    let settled = begun.map_err(|error| WriteError::from(fault(error))).and_then(|()| {
        let mut written = Written::default();
        for (change, outcome) in write.changes.iter().zip(outcomes) {
            outcome?.settle(change.expect, &mut written.returned).map_err(WriteError::Precondition)?;
        }
        Ok(written)
    });
    let end = if settled.is_ok() { "COMMIT" } else { "ROLLBACK" };
    match (client.batch_execute(end).await, settled) {
        (Ok(()), settled) => settled.map_err(Failure::RolledBack),
        (Err(_), Err(error)) => Err(Failure::Lost(error)),
        (Err(error), Ok(_)) if error.as_db_error().is_some() => Err(Failure::RolledBack(fault(error).into())),
        (Err(error), Ok(_)) => Err(Failure::Unknown(fault(error))),
    }
}

/// Longer with each attempt, and different for each of those that collided.
fn pause(attempt: u32) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let most = 500_u64 << attempt.min(7);
    Duration::from_micros(200 + u64::from(now.subsec_nanos()) % most)
}
