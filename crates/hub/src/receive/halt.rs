//! Why something is not taken in any further.

use crate::{HubError, Received, Refused};
use landbridge_store::{StoreError, WriteError};

/// The end of the way for something that arrived, short of being stored.
#[derive(Debug)]
pub(crate) enum Halt {
    Duplicate,
    /// The gate holds it until a member answers.
    Held,
    Ignored(&'static str),
    /// It breaks a rule: the network is to refuse it.
    Rule(&'static str),
    Failed(HubError),
}

impl Halt {
    pub fn into_answer(self) -> Result<Received, Refused> {
        match self {
            Halt::Duplicate => Ok(Received::Duplicate),
            Halt::Held => Ok(Received::Stored(None)),
            Halt::Ignored(why) => Ok(Received::Ignored(why)),
            Halt::Rule(why) => Err(Refused::Rule(why)),
            Halt::Failed(error) => Err(Refused::Later(error.to_string())),
        }
    }
}

impl From<HubError> for Halt {
    fn from(error: HubError) -> Halt {
        match error {
            // Preconditions of the write: somebody else was there before.
            HubError::Conflict("duplicate") => Halt::Duplicate,
            HubError::Conflict(name) => Halt::Ignored(name),
            HubError::NotFound => Halt::Ignored("not found"),
            HubError::Invalid(_) => Halt::Ignored("not valid here"),
            HubError::Forbidden(why) => Halt::Ignored(why),
            other => Halt::Failed(other),
        }
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Halt {
        match error {
            StoreError::Nul => Halt::Rule("a NUL character in a text"),
            other => Halt::Failed(other.into()),
        }
    }
}

impl From<WriteError> for Halt {
    fn from(error: WriteError) -> Halt {
        match error {
            WriteError::Store(error) => error.into(),
            other => HubError::from(other).into(),
        }
    }
}
