//! Connections: opened when needed, kept, and each with the statements it has prepared.

use super::tls::Tls;
use crate::{
    EngineKind, Fault, Query, StoreError, Value,
    statement::{cache_key, translate},
};
use std::{
    collections::HashMap,
    error::Error as _,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::{Client, Config, NoTls, Statement, config::SslMode, error::SqlState, types::Type};

/// An acknowledged write must be durable whatever the server's default; a node that hangs must not hold locks for ever.
const SET_UP: &str = "SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';
    SET idle_in_transaction_session_timeout = '60s';
    SET jit = off;";

pub(super) struct Pool {
    config: Config,
    /// Where the address says `sslmode=require`.
    tls: Option<Tls>,
    idle: Mutex<Vec<Session>>,
    places: Semaphore,
    /// Writes that collided again and again go on one at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// A connection.
pub(crate) struct Session {
    pub client: Client,
    statements: HashMap<StatementKey, Statement>,
}

/// A statement, and which of its arguments are integers.
type StatementKey = ((usize, usize), u64);

/// A connection while somebody uses it. It goes back to the pool only by `give_back`: whoever stops half-way (an error,
/// a dropped future) drops the connection, and the server rolls back what it was doing.
pub(crate) struct Lease<'a> {
    session: Session,
    pool: &'a Pool,
    _place: SemaphorePermit<'a>,
}

impl Pool {
    pub fn new(url: &str, connections: usize) -> Result<Pool, StoreError> {
        let mut config = Config::from_str(url).map_err(fault)?;
        if config.get_application_name().is_none() {
            config.application_name("landbridge");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(Tls::native().map_err(|error| StoreError::file("TLS", error))?),
            _ => None,
        };
        Ok(Pool {
            config,
            tls,
            idle: Mutex::default(),
            places: Semaphore::new(connections.max(1)),
            turn: tokio::sync::Mutex::default(),
        })
    }

    pub async fn take(&self) -> Result<Lease<'_>, StoreError> {
        let place = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        let kept = loop {
            let next = self.idle().pop();
            match next {
                Some(session) if session.client.is_closed() => {}
                other => break other,
            }
        };
        let session = match kept {
            Some(session) => session,
            None => self.connect().await?,
        };
        Ok(Lease { session, pool: self, _place: place })
    }

    pub fn close(&self) {
        self.places.close();
        self.idle().clear();
    }

    /// One connection was found broken: so may be the others.
    pub fn forget_idle(&self) {
        self.idle().clear();
    }

    async fn connect(&self) -> Result<Session, StoreError> {
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(fault)?;
                tokio::spawn(drive(connection));
                client
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(fault)?;
                tokio::spawn(drive(connection));
                client
            }
        };
        client.batch_execute(SET_UP).await.map_err(fault)?;
        Ok(Session { client, statements: HashMap::new() })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    pub fn give_back(self) {
        if !self.pool.places.is_closed() {
            self.pool.idle().push(self.session);
        }
    }
}

impl Session {
    /// Prepares what this connection has not prepared yet.
    pub async fn prepare(
        &mut self,
        queries: impl Iterator<Item = &Query>,
    ) -> Result<Vec<Statement>, StoreError> {
        let mut prepared = Vec::with_capacity(queries.size_hint().0);
        for query in queries {
            let text = query.sql.postgres;
            let key = (cache_key(text), integers(&query.args));
            let statement = match self.statements.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let translated = translate(text, EngineKind::Postgres)?;
                    let new = self
                        .client
                        .prepare_typed(&translated, &types(text, &query.args))
                        .await
                        .map_err(|e| fault(e).in_statement(text))?;
                    self.statements.insert(key, new.clone());
                    new
                }
            };
            prepared.push(statement);
        }
        Ok(prepared)
    }
}

/// Integers are said to be of 64 bits, or the server would take `?1 = 0` for one of 32. The rest it finds out itself.
fn types(text: &str, args: &[Value]) -> Vec<Type> {
    let named = |n: usize| text.contains(&format!("?{}", n + 1));
    let of = |value: &Value| if matches!(value, Value::Int(_)) { Type::INT8 } else { Type::UNKNOWN };
    args.iter().enumerate().take_while(|(n, _)| named(*n)).map(|(_, value)| of(value)).collect()
}

fn integers(args: &[Value]) -> u64 {
    let bit = |(n, value): (usize, &Value)| u64::from(matches!(value, Value::Int(_))) << (n & 63);
    args.iter().enumerate().map(bit).fold(0, |all, one| all | one)
}

async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(error = %fault(error), "a database connection broke");
    }
}

/// Names what PostgreSQL reports in the words of both engines. The server's "detail", which quotes values, is left out.
pub(crate) fn fault(error: tokio_postgres::Error) -> StoreError {
    let (fault, message) = match error.as_db_error() {
        // Class 22, data exceptions: their very message quotes the value.
        Some(reported) if reported.code().code().starts_with("22") => {
            (Fault::Other, format!("a value that does not fit its type ({})", reported.code().code()))
        }
        Some(reported) => (fault_of(reported.code()), reported.message().to_owned()),
        None => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let lost = error.is_closed() || cause_is_io(&error);
            (if lost { Fault::Unavailable } else { Fault::Other }, format!("{error}{cause}"))
        }
    };
    StoreError::Engine { fault, message, statement: None }
}

fn fault_of(code: &SqlState) -> Fault {
    match *code {
        SqlState::UNIQUE_VIOLATION => Fault::Unique,
        SqlState::DISK_FULL => Fault::Full,
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::LOCK_NOT_AVAILABLE => Fault::Busy,
        SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        | SqlState::TOO_MANY_CONNECTIONS => Fault::Unavailable,
        _ if code.code().starts_with("23") => Fault::Constraint,
        _ => Fault::Other,
    }
}

fn cause_is_io(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|cause| cause.is::<std::io::Error>())
}
