//! The operator's rules, reports, erasure and retention.

mod domains;
mod erase;
mod files;
mod hiding;
mod housekeeping;
mod polls;
mod reports;
mod sweep;

pub(crate) use domains::RuleCache;
pub use domains::{DomainRule, Rule};
pub use landbridge_store::entities::reports::ReportRow as Report;
