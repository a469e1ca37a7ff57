//! The operator's rules, reports, erasure and retention.

mod domains;
mod erase;
mod files;
mod housekeeping;
mod polls;
mod reports;
pub mod rule_lists;
mod sweep;

pub(crate) use domains::RuleCache;
pub use domains::{DomainRule, Rule};
pub use landbridge_store::entities::reports::ReportRow as Report;
