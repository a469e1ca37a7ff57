//! Why something that a member or a network asked for was not done.

use landbridge_store::{StoreError, WriteError, entities::decisions::REFUSED};

#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Not there, or not to be seen by whoever asks.
    #[error("not found")]
    NotFound,
    /// The words are for the person.
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("not signed in, or the grant has ended")]
    Unauthorized,
    #[error("somebody else changed this at the same time; please try again")]
    Conflict(&'static str),
    /// The other server or relay did not play along.
    #[error("{0}")]
    Remote(String),
    #[error("the disk is full: nothing was stored")]
    DiskFull,
    #[error("too many at once; please wait")]
    Busy,
    /// Passwords were guessed; how long until the next try.
    #[error("too many tries; please wait {} seconds", .0.as_secs() + 1)]
    Wait(std::time::Duration),
    #[error(transparent)]
    Store(StoreError),
    /// A sealed thing could not be opened, or a stored one could not be read.
    #[error("damaged: {0}")]
    Damaged(&'static str),
}

impl From<StoreError> for HubError {
    fn from(e: StoreError) -> HubError {
        match e {
            StoreError::Nul => HubError::invalid("a text cannot hold the character NUL"),
            other => HubError::Store(other),
        }
    }
}

impl From<WriteError> for HubError {
    fn from(e: WriteError) -> HubError {
        match e {
            WriteError::Precondition(REFUSED) => HubError::taken_down(),
            WriteError::Precondition(name) => HubError::Conflict(name),
            WriteError::DiskFull => HubError::DiskFull,
            WriteError::Store(e) => e.into(),
        }
    }
}

impl HubError {
    pub(crate) fn taken_down() -> HubError {
        HubError::invalid("this file was taken down here, and is not taken in again")
    }

    /// A refusal with words for the person.
    pub fn invalid(why: impl Into<String>) -> HubError {
        HubError::Invalid(why.into())
    }
}
