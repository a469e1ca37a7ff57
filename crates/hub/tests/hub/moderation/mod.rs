//! What moderators do.

mod decisions;
mod reports;
mod rule_lists;
