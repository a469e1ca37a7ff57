//! The operator's rules, reports, erasure and retention.

mod domains;
mod erase;

pub use domains::{DomainRule, Rule};
