//! The operator's rules for hosts: block, limit, allow.

use super::rule_lists;
use crate::{Hub, HubError, gate::widening};
use landbridge_model::Time;
use landbridge_store::{
    Change,
    entities::{cursors, domain_rules, rule_lists as stored_lists},
};
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
/// What says that a rule has changed, among the cursors.
const CHANGED: &str = "domain rules";

/// All rules, as read a moment ago.
#[derive(Default)]
pub(crate) struct RuleCache(RwLock<Option<(Instant, Arc<Rules>)>>);

#[derive(Default)]
struct Rules {
    /// What [`CHANGED`] said when these were read.
    changed: Option<String>,
    own: HashMap<String, Rule>,
    /// Of lists that are followed.
    listed: HashMap<String, Rule>,
}

impl Rules {
    /// The operator's own rules always win, also a wider one over one of a list; of each the nearest counts.
    fn find(&self, host: &str) -> Option<Rule> {
        if self.own.is_empty() && self.listed.is_empty() {
            return None;
        }
        let domains = widening(host);
        let nearest = |rules: &HashMap<String, Rule>| domains.iter().find_map(|d| rules.get(d).copied());
        nearest(&self.own).or_else(|| nearest(&self.listed))
    }
}

impl RuleCache {
    fn get(&self) -> Option<(Instant, Arc<Rules>)> {
        self.0.read().ok()?.clone()
    }

    fn put(&self, rules: Option<Arc<Rules>>) {
        if let Ok(mut held) = self.0.write() {
            *held = rules.map(|rules| (Instant::now(), rules));
        }
    }
}

impl Hub {
    /// The operator's own rules, by domain.
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

    /// Every rule that is in force, by domain: the operator's own, and those of lists that none of them overrules.
    pub async fn rules_in_force(&self) -> Result<Vec<DomainRule>, HubError> {
        let mut rules = self.domain_rules().await?;
        let all = self.rules().await?;
        let kept = |domain: &String| !widening(domain).iter().any(|wider| all.own.contains_key(wider));
        let listed = all.listed.iter().filter(|(domain, _)| kept(domain));
        rules.extend(rule_lists::as_rules(listed.map(|(domain, rule)| (domain.clone(), *rule))));
        rules.sort_by(|a, b| a.domain.cmp(&b.domain));
        Ok(rules)
    }

    /// The rule for a host, from it or the nearest wider domain. Cached; other nodes see a change within 20 seconds.
    pub async fn domain_rule(&self, host: &str) -> Result<Option<Rule>, HubError> {
        Ok(self.rules().await?.find(host))
    }

    /// Whether there is any rule at all.
    pub(crate) async fn has_rules(&self) -> Result<bool, HubError> {
        let rules = self.rules().await?;
        Ok(!rules.own.is_empty() || !rules.listed.is_empty())
    }

    async fn rules(&self) -> Result<Arc<Rules>, HubError> {
        let held = self.receiving().rules.get();
        if let Some((read, rules)) = &held
            && read.elapsed() < FRESH
        {
            return Ok(rules.clone());
        }
        // Lists are long, so they are read again only when something has changed.
        let changed: Option<String> =
            self.store().row(cursors::one(CHANGED)).await?.map(|mut row| row.get(0)).transpose()?;
        if let Some((_, rules)) = held
            && rules.changed == changed
        {
            self.receiving().rules.put(Some(rules.clone()));
            return Ok(rules);
        }
        let own = self.domain_rules().await?.into_iter().map(|rule| (rule.domain, rule.rule)).collect();
        let mut listed: HashMap<String, Rule> = HashMap::new();
        for mut row in self.store().rows(stored_lists::applied()).await? {
            let (domain, rule): (String, String) = (row.get(0)?, row.get(1)?);
            let Some(rule) = Rule::from_key(&rule) else { continue };
            listed
                .entry(domain)
                .and_modify(|other| *other = rule_lists::stricter(*other, rule))
                .or_insert(rule);
        }
        let rules = Arc::new(Rules { changed, own, listed });
        self.receiving().rules.put(Some(rules.clone()));
        Ok(rules)
    }

    /// Sets or (`None`) removes the rule for a domain and everything below it: whatever speaks any of the networks there,
    /// a server of accounts or repositories, or a relay.
    pub async fn set_domain_rule(
        &self,
        domain: &str,
        rule: Option<Rule>,
        note: &str,
    ) -> Result<(), HubError> {
        let domain = host_name(domain).map_err(HubError::invalid)?;
        if rule == Some(Rule::Block) && self.own_domains().contains(&domain) {
            return Err(HubError::invalid("this rule would block this very server"));
        }
        let change = match rule {
            Some(rule) => domain_rules::put(&domain, rule.key(), false, note, Time::now()),
            None => domain_rules::delete(&domain),
        };
        self.store().write(vec![change, self.rules_changed()]).await?;
        self.forget_rules();
        Ok(())
    }

    /// To stand in every write that changes rules: other nodes look again.
    pub(super) fn rules_changed(&self) -> Change {
        cursors::put(CHANGED, &self.ids().next().to_string(), Time::now())
    }

    /// After such a write.
    pub(super) fn forget_rules(&self) {
        self.receiving().rules.put(None);
    }

    /// The domains in which this server is.
    pub(super) fn own_domains(&self) -> Vec<String> {
        let ours =
            [self.config().account_domain.as_str(), self.config().origin.host_str().unwrap_or_default()];
        ours.iter().flat_map(|own| widening(own)).collect()
    }
}

/// The name of a host as it stands in URLs: in lower case, and names that are not ASCII in their ASCII form (RFC 5891).
/// Fails in words.
pub(super) fn host_name(text: &str) -> Result<String, &'static str> {
    const NONE: &str = "this is not the name of a host";
    let text = text.trim().trim_start_matches('@').trim_matches('.');
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/@:?#\\*%[]".contains(c);
    if text.is_empty() || text.contains(odd) {
        return Err(NONE);
    }
    let name = url::Host::parse(text).map_err(|_| NONE)?.to_string();
    if name.len() > 253 { Err(NONE) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts() {
        assert_eq!(host_name(" @Bücher.Example. ").as_deref(), Ok("xn--bcher-kva.example"));
        assert_eq!(host_name("127.0.0.1").as_deref(), Ok("127.0.0.1"));
        assert_eq!(host_name("example").as_deref(), Ok("example"));
        for bad in
            ["", "a b", "https://a.example", "a.example:443", "a@b.example", "h*.example", "a%62.example"]
        {
            assert!(host_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn own_rules_win_over_those_of_lists() {
        let rules = |rules: &[(&str, Rule)]| rules.iter().map(|(d, r)| ((*d).to_owned(), *r)).collect();
        let all = Rules {
            changed: None,
            own: rules(&[("friends.example", Rule::Allow), ("loud.example", Rule::Limit)]),
            listed: rules(&[
                ("bad.friends.example", Rule::Block),
                ("loud.example", Rule::Block),
                ("spam.example", Rule::Block),
            ]),
        };
        assert_eq!(all.find("bad.friends.example"), Some(Rule::Allow));
        assert_eq!(all.find("a.loud.example:8443"), Some(Rule::Limit));
        assert_eq!(all.find("a.spam.example"), Some(Rule::Block));
        assert_eq!(all.find("example"), None);
    }
}
