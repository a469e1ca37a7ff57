//! The operator's rules for hosts: block, limit, allow.

use crate::{Hub, HubError, gate::widening};
use landbridge_model::Time;
use landbridge_store::entities::domain_rules;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

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

/// How long another node may still go by old rules.
const FRESH: Duration = Duration::from_secs(20);

/// All rules, as read a moment ago.
#[derive(Default)]
pub(crate) struct RuleCache(RwLock<Option<(Instant, Arc<HashMap<String, Rule>>)>>);

impl RuleCache {
    fn get(&self) -> Option<Arc<HashMap<String, Rule>>> {
        let held = self.0.read().ok()?;
        held.as_ref().filter(|(read, _)| read.elapsed() < FRESH).map(|(_, rules)| rules.clone())
    }

    fn put(&self, rules: Option<Arc<HashMap<String, Rule>>>) {
        if let Ok(mut held) = self.0.write() {
            *held = rules.map(|rules| (Instant::now(), rules));
        }
    }
}

impl Hub {
    /// All rules, by domain.
    pub async fn domain_rules(&self) -> Result<Vec<DomainRule>, HubError> {
        let mut rules = Vec::new();
        for mut row in self.store().rows(domain_rules::all()).await? {
            let Some(rule) = Rule::from_key(&row.get::<String>(1)?) else { continue };
            rules.push(DomainRule {
                domain: row.get(0)?,
                rule,
                reject_media: row.get(2)?,
                note: row.get(3)?,
                at: row.get(4)?,
            });
        }
        Ok(rules)
    }

    /// The rule for a host, from it or the nearest wider domain. Cached; other nodes see a change within 20 seconds.
    pub async fn domain_rule(&self, host: &str) -> Result<Option<Rule>, HubError> {
        let rules = match self.receiving().rules.get() {
            Some(rules) => rules,
            None => {
                let all = self.domain_rules().await?.into_iter().map(|rule| (rule.domain, rule.rule));
                let all: Arc<HashMap<String, Rule>> = Arc::new(all.collect());
                self.receiving().rules.put(Some(all.clone()));
                all
            }
        };
        if rules.is_empty() {
            return Ok(None);
        }
        Ok(widening(host).iter().find_map(|domain| rules.get(domain).copied()))
    }

    /// Sets or (`None`) removes the rule for a domain and everything below it.
    pub async fn set_domain_rule(
        &self,
        domain: &str,
        rule: Option<Rule>,
        note: &str,
    ) -> Result<(), HubError> {
        let domain = domain.trim().trim_start_matches('@').trim_matches('.').to_lowercase();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "/@:?#\\".contains(c);
        if domain.is_empty() || domain.len() > 253 || domain.contains(odd) {
            return Err(HubError::invalid("this is not the name of a host"));
        }
        let ours =
            [self.config().account_domain.as_str(), self.config().origin.host_str().unwrap_or_default()];
        if rule == Some(Rule::Block) && ours.iter().any(|own| widening(own).contains(&domain)) {
            return Err(HubError::invalid("this rule would block this very server"));
        }
        let change = match rule {
            Some(rule) => domain_rules::put(&domain, rule.key(), false, note, Time::now()),
            None => domain_rules::delete(&domain),
        };
        self.store().write(change).await?;
        self.receiving().rules.put(None);
        Ok(())
    }
}
