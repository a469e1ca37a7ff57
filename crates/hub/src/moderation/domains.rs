//! The operator's rules for hosts: block, limit, allow.

use crate::{Hub, HubError};
use landbridge_model::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing in, nothing out.
    Block,
    /// Only for those who follow somebody there.
    Limit,
    /// An exception from a rule for a wider domain.
    Allow,
}

impl Rule {
    pub fn key(self) -> &'static str {
        match self {
            Rule::Block => "block",
            Rule::Limit => "limit",
            Rule::Allow => "allow",
        }
    }
    pub fn from_key(key: &str) -> Option<Rule> {
        [Rule::Block, Rule::Limit, Rule::Allow].into_iter().find(|r| r.key() == key)
    }
}

#[derive(Clone, Debug)]
pub struct DomainRule {
    pub domain: String,
    pub rule: Rule,
    pub reject_media: bool,
    pub note: String,
    pub at: Time,
}

impl Hub {
    pub async fn domain_rules(&self) -> Result<Vec<DomainRule>, HubError> {
        unbuilt!()
    }
    /// The rule for a host, from it or the nearest wider domain. Cached.
    pub async fn domain_rule(&self, host: &str) -> Result<Option<Rule>, HubError> {
        unbuilt!(host)
    }
    pub async fn set_domain_rule(&self, domain: &str, rule: Option<Rule>, note: &str) -> Result<(), HubError> {
        unbuilt!(domain, rule, note)
    }
}
