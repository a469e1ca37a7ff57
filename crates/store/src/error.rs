//! What can go wrong.

/// What kind of fault a database engine reported; the same words for both engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A UNIQUE or PRIMARY KEY constraint refused the row.
    Unique,
    /// Any other constraint (NOT NULL, CHECK, foreign key) refused the row.
    Constraint,
    /// The disk, or the room given to the database, is full.
    Full,
    /// The database is locked by someone else, or too many conflicting writes: trying again later may work.
    Busy,
    /// The server cannot be reached, or the connection broke.
    Unavailable,
    /// Anything else: a wrong statement, a damaged file.
    Other,
}

/// A failure of the store. The texts never contain bound values.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("a database address must begin with sqlite: or postgres://")]
    Address,
    #[error("{message} ({fault:?}{})", .statement.map(|s| format!(" in {s:?}")).unwrap_or_default())]
    Engine { fault: Fault, message: String, statement: Option<&'static str> },
    #[error("the statement {statement:?} takes {wanted} arguments and was given {given}")]
    Arguments { statement: &'static str, wanted: usize, given: usize },
    #[error("text with a NUL character cannot be stored")]
    Nul,
    #[error("column {column}: wanted {wanted}, found {found}")]
    Column { column: usize, wanted: &'static str, found: &'static str },
    #[error("the statement {statement:?} is not in the common dialect: {why}")]
    Dialect { statement: String, why: &'static str },
    #[error(
        "the database was written by a newer version of this program (schema {database}, this program knows {binary}): install that version or restore an older backup"
    )]
    Newer { database: i64, binary: i64 },
    #[error("migration {version} ({name}) was changed after it had been applied to this database")]
    Changed { version: i64, name: &'static str },
    #[error("migration {version} ({name}): {message}")]
    Migration { version: i64, name: &'static str, message: String },
    #[error("{what}: {message}")]
    File { what: String, message: String },
    #[error("{0}")]
    Refused(&'static str),
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// The engine's fault, when this is one.
    pub fn fault(&self) -> Option<Fault> {
        match self {
            StoreError::Engine { fault, .. } => Some(*fault),
            _ => None,
        }
    }

    /// Whether it may go away by itself: the server is being restarted, or too many collided.
    pub fn is_passing(&self) -> bool {
        matches!(self.fault(), Some(Fault::Unavailable | Fault::Busy))
    }

    pub(crate) fn in_statement(self, text: &'static str) -> StoreError {
        match self {
            StoreError::Engine { fault, message, .. } => {
                StoreError::Engine { fault, message, statement: Some(text) }
            }
            other => other,
        }
    }

    pub(crate) fn file(what: impl std::fmt::Display, error: impl std::fmt::Display) -> StoreError {
        StoreError::File { what: what.to_string(), message: error.to_string() }
    }
}

/// Why a write was not done. Nothing of it was stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// The named precondition did not hold.
    #[error("precondition failed: {0}")]
    Precondition(&'static str),
    /// There is no room left on the disk, or less than the reserve.
    #[error("the disk is full")]
    DiskFull,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> WriteError {
        match error.fault() {
            Some(Fault::Full) => WriteError::DiskFull,
            _ => WriteError::Store(error),
        }
    }
}
