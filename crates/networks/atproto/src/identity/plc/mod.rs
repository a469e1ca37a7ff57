//! `did:plc` (<https://web.plc.directory/spec/v0.1/did-plc>): an account's identity as a log of signed operations, which a
//! directory keeps and anyone can check.

mod log;
mod operation;

pub use log::{LogEntry, LogError, check_log, check_next};
pub use operation::{MAX_OPERATION, Operation, OperationError, PlcData, Service, Signed};
