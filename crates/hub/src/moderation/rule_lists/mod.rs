//! Lists of rules for hosts that others keep, and that this server follows.
//!
//! A list is read when it is due; what it says is written down beside what of it applies, and the difference is what the
//! operator looks at. The first time nothing applies before the operator has said so; later changes wait as well, or apply
//! by themselves, as the operator has chosen for that list. A large change always waits: a list that was emptied, or taken
//! over, changes nothing here unseen. What came from a list only goes with it. The operator's own rules are another table,
//! and always win.

mod text;

pub use text::{Listed, ListedRule, read, write};

use super::{DomainRule, Rule};
use crate::{Hub, HubError};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change, Write,
    entities::rule_lists::{self, ListRow, Reading},
};
use std::{collections::HashSet, time::Duration};
use url::Url;

/// Longest list that is read, in bytes.
const MOST_BYTES: usize = 8 << 20;
/// Lists that are followed at most.
const MOST_LISTS: usize = 50;
/// Hours between two looks: least, usual and most.
const HOURS: (u32, u32, u32) = (1, 24, 24 * 30);
/// Rules written with one statement.
const CHUNK: usize = 2000;
/// A change waits for the operator when it is of more rules than this, and of more than a fifth of them all.
const SMALL_CHANGE: u64 = 25;
const FIFTH: u64 = 5;

/// What becomes of a change of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// It waits until the operator has seen it.
    Ask,
    /// It applies by itself once the list was applied for the first time, unless it is large.
    Follow,
}

impl Changes {
    pub fn key(self) -> &'static str {
        match self {
            Changes::Ask => "ask",
            Changes::Follow => "follow",
        }
    }

    fn from_key(key: &str) -> Changes {
        if key == Changes::Follow.key() { Changes::Follow } else { Changes::Ask }
    }
}

/// A list to follow.
#[derive(Clone, Debug)]
pub struct NewRuleList {
    pub url: String,
    pub changes: Changes,
    /// The strictest rule that is taken from it: [`Rule::Block`], or [`Rule::Limit`] for what it would block too.
    pub most: Rule,
    /// Between two looks; `None`: a day.
    pub hours: Option<u32>,
}

/// A list that is followed.
#[derive(Clone, Debug)]
pub struct RuleList {
    pub id: Id,
    pub url: String,
    pub changes: Changes,
    pub most: Rule,
    pub hours: u32,
    pub next_at: Time,
    /// `None`: not yet.
    pub read_at: Option<Time>,
    pub applied_at: Option<Time>,
    /// Why the last look failed.
    pub problem: Option<String>,
    /// Some of the entries that were left out, and why.
    pub skipped: Vec<(String, String)>,
    pub left_out: u64,
    /// Rules of it that apply here.
    pub applied: u64,
    /// Rules that would change if it was applied now.
    pub waiting: u64,
}

/// What would change for one domain. `None`: no rule of this list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange {
    pub domain: String,
    pub from: Option<Rule>,
    pub to: Option<Rule>,
    pub note: String,
}

impl Hub {
    /// All lists, by address.
    pub async fn rule_lists(&self) -> Result<Vec<RuleList>, HubError> {
        let mut lists = Vec::new();
        for mut row in self.store().rows(rule_lists::all()).await? {
            lists.push(self.rule_list_of(ListRow::read(&mut row)?).await?);
        }
        Ok(lists)
    }

    pub async fn rule_list(&self, id: Id) -> Result<RuleList, HubError> {
        let row = self.list_row(id).await?;
        self.rule_list_of(row).await
    }

    /// Follows a list, and reads it now. Nothing of it applies yet.
    pub async fn add_rule_list(&self, new: NewRuleList) -> Result<RuleList, HubError> {
        let url =
            Url::parse(new.url.trim()).map_err(|_| HubError::invalid("this is not the address of a list"))?;
        self.fetcher().policy().check_url(&url).map_err(|why| HubError::invalid(why.to_string()))?;
        let hours = new.hours.unwrap_or(HOURS.1);
        if !(HOURS.0..=HOURS.2).contains(&hours) {
            return Err(HubError::invalid("a list is read every 1 to 720 hours"));
        }
        if self.store().rows(rule_lists::all()).await?.len() >= MOST_LISTS {
            return Err(HubError::invalid("no more than 50 lists are followed"));
        }
        let now = Time::now();
        let row = ListRow {
            id: self.ids().next(),
            url: url.into(),
            mode: new.changes.key().into(),
            most: if new.most == Rule::Limit { Rule::Limit } else { Rule::Block }.key().into(),
            hours: i64::from(hours),
            next_at: now.plus(hours_long(i64::from(hours))),
            read_at: None,
            applied_at: None,
            digest: String::new(),
            problem: None,
            skipped: "[]".into(),
            left_out: 0,
            at: now,
        };
        match self.store().write(rule_lists::insert(&row)).await.map_err(HubError::from) {
            Err(HubError::Conflict("list known")) => {
                return Err(HubError::invalid("this list is followed already"));
            }
            other => other?,
        };
        self.read_rule_list(row.id).await
    }

    /// What becomes of changes of a list from now on.
    pub async fn set_list_changes(&self, id: Id, changes: Changes) -> Result<(), HubError> {
        self.list_row(id).await?;
        self.store().write(rule_lists::set_mode(id, changes.key())).await?;
        Ok(())
    }

    /// Follows a list no longer: every rule that only it had named is gone.
    pub async fn remove_rule_list(&self, id: Id) -> Result<(), HubError> {
        self.list_row(id).await?;
        let mut write = Write::from(rule_lists::delete(id).to_vec());
        write.push(self.rules_changed());
        self.store().write(write).await?;
        self.forget_rules();
        Ok(())
    }

    /// Reads a list now. Its rules stay as they are when that fails: [`RuleList::problem`] says why.
    pub async fn read_rule_list(&self, id: Id) -> Result<RuleList, HubError> {
        let row = self.list_row(id).await?;
        self.look(&row).await?;
        self.rule_list(id).await
    }

    /// What applying a list as it was read last would change, by domain, at most so many.
    pub async fn list_changes(&self, id: Id, most: u32) -> Result<Vec<ListChange>, HubError> {
        let rows = self.store().rows(rule_lists::changes(id, i64::from(most))).await?;
        let change = |mut row: landbridge_store::Row| {
            Ok(ListChange {
                domain: row.get(0)?,
                from: Rule::from_key(&row.get::<String>(1)?),
                to: Rule::from_key(&row.get::<String>(2)?),
                note: row.get(3)?,
            })
        };
        rows.into_iter().map(change).collect()
    }

    /// From now on this server does what the list said when it was read at that moment ([`RuleList::read_at`]); fails when
    /// it was read again since, so that nothing applies that nobody has seen.
    pub async fn apply_rule_list(&self, id: Id, read_at: Time) -> Result<(), HubError> {
        let mut write = Write::from(rule_lists::apply(id, read_at, Time::now()).to_vec());
        write.push(self.rules_changed());
        self.store().write(write).await?;
        self.forget_rules();
        metrics::counter!("hub_rule_lists_applied_total").increment(1);
        Ok(())
    }

    /// Reads one list that is due, if there is one. Part of housekeeping.
    pub async fn follow_rule_lists(&self) -> Result<(), HubError> {
        let now = Time::now();
        for mut row in self.store().rows(rule_lists::all()).await? {
            let row = ListRow::read(&mut row)?;
            if row.next_at > now {
                continue;
            }
            let then = now.plus(hours_long(row.hours));
            match self
                .store()
                .write(rule_lists::claim(row.id, row.next_at, then))
                .await
                .map_err(HubError::from)
            {
                // Another node reads it.
                Err(HubError::Conflict(_)) => continue,
                other => other?,
            };
            self.look(&row).await?;
            return self.apply_by_itself(row.id).await;
        }
        Ok(())
    }

    async fn apply_by_itself(&self, id: Id) -> Result<(), HubError> {
        let list = self.rule_list(id).await?;
        let Some(read_at) = list.read_at.filter(|_| list.waiting > 0) else { return Ok(()) };
        let large = list.waiting > SMALL_CHANGE && list.waiting * FIFTH > list.applied;
        if list.changes == Changes::Ask || list.applied_at.is_none() || large {
            tracing::warn!(list = %list.url, changes = list.waiting, "changes of a list wait for the operator");
            return Ok(());
        }
        match self.apply_rule_list(id, read_at).await {
            Err(HubError::Conflict(_)) | Ok(()) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Fetches a list and writes down what it says.
    async fn look(&self, row: &ListRow) -> Result<(), HubError> {
        let change = match self.fetched_list(row).await {
            Ok(Some((hash, listed))) => {
                self.store().write(self.reading_of(row, &hash, listed)).await?;
                return Ok(());
            }
            Ok(None) => rule_lists::unchanged(row.id),
            Err(why) => {
                tracing::warn!(list = %row.url, %why, "a list of rules could not be read; what applies stays");
                rule_lists::failed(row.id, &why)
            }
        };
        self.store().write(change).await?;
        Ok(())
    }

    /// What a list says, with its digest; `None`: what it said before.
    async fn fetched_list(&self, row: &ListRow) -> Result<Option<(String, Listed)>, String> {
        let url = Url::parse(&row.url).map_err(|_| "its address is none".to_owned())?;
        let answer =
            self.fetcher().get(&url, HeaderMap::new(), MOST_BYTES).await.map_err(|why| why.to_string())?;
        if answer.status != StatusCode::OK {
            return Err(format!("its server answers {}", answer.status.as_u16()));
        }
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, &answer.body));
        if hash == row.digest {
            return Ok(None);
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| "it is no text in UTF-8".to_owned())?;
        let mut listed = read(text)?;
        self.spare_ourselves(&mut listed);
        Ok(Some((hash, listed)))
    }

    /// Whatever a list says, this server goes on.
    fn spare_ourselves(&self, listed: &mut Listed) {
        let ours: HashSet<String> = self.own_domains().into_iter().collect();
        let (own, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut listed.rules).into_iter().partition(|rule| ours.contains(&rule.domain));
        listed.left_out += own.len();
        listed
            .skipped
            .extend(own.into_iter().map(|rule| (rule.domain, "it would cover this very server".into())));
        listed.rules = others;
    }

    fn reading_of(&self, row: &ListRow, hash: &str, listed: Listed) -> Write {
        let limits = row.most == Rule::Limit.key();
        let reading = Reading {
            list: row.id,
            at: Time::now(),
            digest: hash,
            skipped: serde_json::to_string(&listed.skipped).unwrap_or_else(|_| "[]".into()),
            left_out: i64::try_from(listed.left_out).unwrap_or(i64::MAX),
        };
        let mut changes: Vec<Change> = rule_lists::begin(&reading).to_vec();
        for rules in listed.rules.chunks(CHUNK) {
            let rows: Vec<[&str; 3]> = rules
                .iter()
                .map(|rule| {
                    let applied = if limits { Rule::Limit } else { rule.rule };
                    [rule.domain.as_str(), applied.key(), rule.note.as_str()]
                })
                .collect();
            changes.push(rule_lists::offer(
                row.id,
                serde_json::to_string(&rows).unwrap_or_else(|_| "[]".into()),
            ));
        }
        changes.push(rule_lists::end(row.id));
        Write::from(changes)
    }

    async fn list_row(&self, id: Id) -> Result<ListRow, HubError> {
        let mut row = self.store().row(rule_lists::by_id(id)).await?.ok_or(HubError::NotFound)?;
        Ok(ListRow::read(&mut row)?)
    }

    async fn rule_list_of(&self, row: ListRow) -> Result<RuleList, HubError> {
        let counts = self.store().row(rule_lists::counts(row.id)).await?;
        let (applied, waiting): (i64, i64) = match counts {
            Some(mut counts) => (counts.get(1)?, counts.get(2)?),
            None => (0, 0),
        };
        let many = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(RuleList {
            id: row.id,
            url: row.url,
            changes: Changes::from_key(&row.mode),
            most: Rule::from_key(&row.most).unwrap_or(Rule::Block),
            hours: u32::try_from(row.hours).unwrap_or(HOURS.1),
            next_at: row.next_at,
            read_at: row.read_at,
            applied_at: row.applied_at,
            problem: row.problem,
            skipped: serde_json::from_str(&row.skipped).unwrap_or_default(),
            left_out: many(row.left_out),
            applied: many(applied),
            waiting: many(waiting),
        })
    }
}

fn hours_long(hours: i64) -> Duration {
    Duration::from_secs(3600 * u64::try_from(hours).unwrap_or(1))
}

/// Of rules for the same domain the strictest.
pub(super) fn stricter(a: Rule, b: Rule) -> Rule {
    if a == Rule::Block || b == Rule::Block { Rule::Block } else { Rule::Limit }
}

/// As rules of the operator's own, to be shown beside them.
pub(super) fn as_rules(listed: impl IntoIterator<Item = (String, Rule)>) -> Vec<DomainRule> {
    let rule = |(domain, rule)| DomainRule {
        domain,
        rule,
        reject_media: false,
        note: String::new(),
        at: Time::default(),
    };
    listed.into_iter().map(rule).collect()
}
