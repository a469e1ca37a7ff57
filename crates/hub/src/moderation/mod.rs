//! The operator's rules, reports and decisions, erasure and retention.

mod decisions;
mod domains;
mod erase;
mod files;
mod hiding;
mod housekeeping;
mod polls;
mod refused;
mod reports;
pub mod rule_lists;
mod sweep;
mod takedown;

pub use decisions::{Answer, Appeal, Decided, Ground, Measure, TO_APPEAL, Why};
pub(crate) use domains::RuleCache;
pub use domains::{DomainRule, Rule};
pub use landbridge_store::entities::reports::ReportRow as Report;
pub use takedown::TakenDown;
