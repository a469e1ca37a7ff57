//! The engine for installations that outgrew one machine: several nodes may share one PostgreSQL.
//!
//! - `pool`: connections, and the statements each has prepared.
//! - `tls`: encryption to a server elsewhere.
//! - `write`: a write as one serializable transaction, retried when it collides with another.
//! - `types`: how values travel.
//! - `migrate`: bringing the schema forward, one node at a time.

mod migrate;
mod pool;
mod tls;
mod types;
mod write;

pub(crate) use pool::{Lease, fault};
pub(crate) use types::row as read_row;

use crate::{
    Fault, Migration, Options, Query, Row, StoreError, Write, WriteError, Written, query, write::Outcome,
};
use futures_util::{TryStreamExt, future::poll_immediate, pin_mut};
use pool::{Pool, Session};
use std::pin::Pin;
use tokio_postgres::{Client, GenericClient, Statement, Transaction};

const SNAPSHOT: &str = "SELECT CAST(pg_current_snapshot() AS TEXT)";

pub(crate) struct Postgres {
    pool: Pool,
    pub migrations: &'static [Migration],
}

impl Postgres {
    /// Connects when first used.
    pub fn connect(
        url: &str,
        migrations: &'static [Migration],
        options: &Options,
    ) -> Result<Postgres, StoreError> {
        Ok(Postgres { pool: Pool::new(url, options.connections)?, migrations })
    }

    /// Brings the schema forward.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::forward(&self.pool, self.migrations).await
    }

    /// Reads once more when the connection was found broken.
    pub async fn read(&self, queries: Vec<Query>, first_row_only: bool) -> Result<Vec<Vec<Row>>, StoreError> {
        match self.try_read(&queries, first_row_only).await {
            Err(error) if error.fault() == Some(Fault::Unavailable) => {
                self.pool.forget_idle();
                self.try_read(&queries, first_row_only).await
            }
            answer => answer,
        }
    }

    async fn try_read(&self, queries: &[Query], first_row_only: bool) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut lease = self.pool.take().await?;
        let session = lease.session();
        let prepared = session.prepare(queries.iter()).await?;
        let answers = match queries.len() {
            0 | 1 => run_all(&session.client, &prepared, queries.iter(), first_row_only).await,
            _ => snapshot(session, &prepared, queries, first_row_only).await,
        };
        lease.give_back();
        answers.into_iter().map(|answer| answer.map(|outcome| outcome.rows)).collect()
    }

    /// Which transactions can be seen now: two equal answers see the same rows (PostgreSQL documentation, 9.27.9).
    pub async fn snapshot(&self) -> Result<String, StoreError> {
        let mut rows = self.read(vec![query(SNAPSHOT, Vec::new())], true).await?.pop().unwrap_or_default();
        let row = rows.first_mut().ok_or(StoreError::Refused("the server tells no snapshot"))?;
        row.get(0)
    }

    pub async fn write(&self, write: Write) -> Result<Written, WriteError> {
        write::write(&self.pool, &write).await
    }

    /// A connection for work of several steps.
    pub async fn lease(&self) -> Result<Lease<'_>, StoreError> {
        self.pool.take().await
    }

    /// Vacuums our own tables; one that somebody else is vacuuming is left to them.
    pub async fn vacuum(&self) -> Result<(), StoreError> {
        let mut lease = self.pool.take().await?;
        let done = tend(&lease.session().client, "VACUUM (SKIP_LOCKED)").await;
        lease.give_back();
        done
    }

    pub fn close(&self) {
        self.pool.close();
    }
}

/// A command on all our tables: others may live in the same database.
pub(crate) async fn tend(client: &(impl GenericClient + Sync), command: &str) -> Result<(), StoreError> {
    let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()";
    let rows = client.query(tables, &[]).await.map_err(fault)?;
    let tables: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(fault)?;
    client.batch_execute(&format!("{command} {}", tables.join(", "))).await.map_err(fault)
}

/// Whether there is such a table (its name quoted) in our schema.
pub(crate) async fn has_table(transaction: &Transaction<'_>, name: &str) -> Result<bool, StoreError> {
    let row = transaction.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await.map_err(fault)?;
    row.try_get(0).map_err(fault)
}

/// Several queries in one read-only transaction, all sent at once.
async fn snapshot(
    session: &Session,
    prepared: &[Statement],
    queries: &[Query],
    first_row_only: bool,
) -> Vec<Result<Outcome, StoreError>> {
    let begin = session.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    pin_mut!(begin);
    let begun = poll_immediate(&mut begin).await;
    let answers = run_all(&session.client, prepared, queries.iter(), first_row_only).await;
    let begun = match begun {
        Some(done) => done,
        None => begin.await,
    };
    // Ends the transaction whether or not a query failed.
    let ended = session.client.batch_execute("ROLLBACK").await;
    match begun.and(ended) {
        Ok(()) => answers,
        Err(error) => vec![Err(fault(error))],
    }
}

/// Sends all statements before waiting for the first answer. They run in order, each whether or not one before it
/// failed.
async fn run_all<'a>(
    client: &Client,
    prepared: &[Statement],
    queries: impl Iterator<Item = &'a Query>,
    first_row_only: bool,
) -> Vec<Result<Outcome, StoreError>> {
    let mut sent: Vec<(Pin<Box<_>>, Option<_>)> = Vec::with_capacity(prepared.len());
    for (statement, query) in prepared.iter().zip(queries) {
        let mut running = Box::pin(run(client, statement, query, first_row_only));
        // The first poll puts the statement on the wire.
        let answer = poll_immediate(&mut running).await;
        sent.push((running, answer));
    }
    let mut answers = Vec::with_capacity(sent.len());
    for (running, answer) in sent {
        answers.push(match answer {
            Some(answer) => answer,
            None => running.await,
        });
    }
    answers
}

async fn run(
    client: &Client,
    statement: &Statement,
    query: &Query,
    first_row_only: bool,
) -> Result<Outcome, StoreError> {
    let text = query.sql.postgres;
    let (wanted, given) = (statement.params().len(), query.args.len());
    if wanted != given {
        return Err(StoreError::Arguments { statement: text, wanted, given });
    }
    if query.args.iter().any(types::has_nul) {
        return Err(StoreError::Nul);
    }
    let failed = |error| fault(error).in_statement(text);
    let stream = client.query_raw(statement, &query.args).await.map_err(failed)?;
    pin_mut!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await.map_err(failed)? {
        // The rest is read and dropped, so that the connection is free for the next statement.
        if !first_row_only || rows.is_empty() {
            rows.push(types::row(&row).map_err(failed)?);
        }
    }
    let changed = stream.rows_affected().unwrap_or(0);
    Ok(Outcome { rows, changed })
}
