//! The log of an account in a directory, with everything that was ever taken (`/log/audit`).

use super::operation::{OperationError, PlcData, Signed};
use crate::{
    data::Cid,
    syntax::{Datetime, Did},
};
use landbridge_model::Time;
use std::time::Duration;

/// How long a mightier key can undo what a lesser one did.
const RECOVERY: Duration = Duration::from_secs(72 * 3600);

/// Most operations in a log that is read.
const MAX_LOG: usize = 1000;

/// An operation that a directory took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub operation: Signed,
    /// When the directory took it, by its clock: the one thing in a log that must be believed.
    pub created_at: Time,
    /// Undone by a later one.
    pub nullified: bool,
}

/// A log that is not in order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error(transparent)]
    Operation(#[from] OperationError),
    #[error("no operation, or more than {MAX_LOG}")]
    Length,
    #[error("the log of another account")]
    OfAnother,
    #[error("an entry is not what it says")]
    Entry,
    #[error("the operation follows none that counts")]
    Prev,
    #[error("not signed by a key that may")]
    Signature,
    #[error("the account has ended")]
    Ended,
    #[error("too late to undo, or earlier than what it undoes")]
    Late,
    #[error("another operation is marked as undone than those that are")]
    Nullified,
}

impl LogEntry {
    /// From one entry of `/log/audit` of a DID.
    pub fn from_json(did: &Did, json: &serde_json::Value) -> Result<LogEntry, LogError> {
        let text = |field: &str| json.get(field).and_then(serde_json::Value::as_str);
        if text("did") != Some(did.as_str()) {
            return Err(LogError::OfAnother);
        }
        let operation = Signed::from_json(json.get("operation").ok_or(LogError::Entry)?)?;
        if text("cid") != Some(operation.cid().to_string().as_str()) {
            return Err(LogError::Entry);
        }
        let created_at =
            text("createdAt").and_then(|t| Datetime::parse(t).ok()).ok_or(LogError::Entry)?.time();
        let nullified = json.get("nullified").and_then(serde_json::Value::as_bool).ok_or(LogError::Entry)?;
        Ok(LogEntry { operation, created_at, nullified })
    }
}

/// Checks a whole log; gives what is true now, or `None` if the account has ended.
pub fn check_log(did: &Did, log: &[LogEntry]) -> Result<Option<PlcData>, LogError> {
    if log.is_empty() || log.len() > MAX_LOG {
        return Err(LogError::Length);
    }
    // Places in the log of the operations that count, in order.
    let mut chain: Vec<usize> = Vec::new();
    for (at, entry) in log.iter().enumerate() {
        let before: Vec<&LogEntry> = chain.iter().filter_map(|at| log.get(*at)).collect();
        let kept = check_next(did, &before, &entry.operation, entry.created_at)?;
        chain.truncate(kept);
        chain.push(at);
    }
    if log.iter().enumerate().any(|(at, entry)| entry.nullified == chain.contains(&at)) {
        return Err(LogError::Nullified);
    }
    Ok(chain.last().and_then(|at| log.get(*at)).and_then(|entry| entry.operation.operation.data()))
}

/// Whether an operation may follow those that count, at that time; gives how many of them still count with it. All but
/// those are undone: a mightier key has so long to take back what a lesser one did.
pub fn check_next(did: &Did, chain: &[&LogEntry], next: &Signed, now: Time) -> Result<usize, LogError> {
    let Some(prev) = next.operation.prev() else {
        let own = next.operation.data().ok_or(LogError::Prev)?;
        if !chain.is_empty() {
            return Err(LogError::Prev);
        }
        if next.did().as_ref() != Some(did) {
            return Err(LogError::OfAnother);
        }
        return next.signer(&own.rotation_keys).map(|_| 0).ok_or(LogError::Signature);
    };
    let at = chain.iter().position(|entry| names(entry, prev)).ok_or(LogError::Prev)?;
    let (kept, undone) = chain.split_at(at + 1);
    let data = kept.last().and_then(|entry| entry.operation.operation.data()).ok_or(LogError::Ended)?;
    if chain.last().is_some_and(|last| now < last.created_at) {
        return Err(LogError::Late);
    }
    match undone.first() {
        None => next.signer(&data.rotation_keys).map(|_| at + 1).ok_or(LogError::Signature),
        Some(first) => {
            let disputed = first.operation.signer(&data.rotation_keys).ok_or(LogError::Signature)?;
            let mightier = data.rotation_keys.get(..disputed).unwrap_or_default();
            next.signer(mightier).ok_or(LogError::Signature)?;
            if now > first.created_at.plus(RECOVERY) {
                return Err(LogError::Late);
            }
            Ok(at + 1)
        }
    }
}

fn names(entry: &LogEntry, cid: Cid) -> bool {
    entry.operation.cid() == cid
}
