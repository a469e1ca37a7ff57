//! What the operator sees of a running server: logs and metrics.

pub mod logs;
pub mod metrics;
pub mod supervisor;
