//! `landbridge lists`: lists of rules for other servers, kept by others.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use landbridge_hub::Hub;
use landbridge_hub::moderation::Rule;
use landbridge_hub::moderation::rule_lists::{Changes, ListChange, NewRuleList, RuleList};
use landbridge_model::{Id, Time};
use serde_json::{Value, json};

use crate::cli::Global;
use crate::prompt;

/// Follow lists of servers to block or limit that others keep.
///
/// A list is fetched on a schedule. What it would change is shown first, and nothing of it applies before you have said so
/// (`apply`). Later changes wait for you as well, or apply by themselves (`--follow`); a large one always waits. What a list
/// takes back, and what only it had named when you stop following it, is gone. Your own rules (`landbridge domain`) always
/// win.
///
/// Read are CSV files as Mastodon's administration exports them (`#domain,#severity,#public_comment`; severities suspend,
/// silence, noop), and plain text with one domain a line, all to be blocked. Entries with `*`, whole top-level domains and
/// what is no name are left out and named.
#[derive(Args)]
pub struct Lists {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Begin to follow a list: it is fetched now and shown; nothing of it applies yet.
    Add {
        /// Its address.
        url: String,
        /// Once applied, its changes apply by themselves, unless they are large.
        #[arg(long)]
        follow: bool,
        /// The strictest rule that is taken from it: with `limit`, what it would block is only limited here.
        #[arg(long, value_enum, default_value_t = Strictest::Block)]
        most: Strictest,
        /// Hours between two looks, 1 to 720.
        #[arg(long, default_value_t = 24)]
        hours: u32,
    },
    /// The lists that are followed: what applies of each, and what waits for you.
    Show {
        /// Only this one, with every change that waits: its number or address.
        list: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a list again now, and show what would change.
    Fetch { list: String },
    /// Show what would change, ask, and apply it.
    Apply {
        list: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Choose what becomes of a list's changes from now on.
    Changes {
        list: String,
        #[arg(value_enum)]
        what: What,
    },
    /// Follow a list no longer. Every rule that only it had named is gone.
    Remove { list: String },
}

#[derive(Clone, Copy, ValueEnum)]
enum Strictest {
    Block,
    Limit,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// They wait until you have seen them.
    Ask,
    /// They apply by themselves, unless they are large.
    Follow,
}

/// Changes that are written out before one is asked.
const SHOWN: u32 = 1000;

impl Lists {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        super::with_hub(global, async |hub| self.action.run(hub).await)
    }
}

impl Action {
    async fn run(self, hub: &Hub) -> anyhow::Result<()> {
        match self {
            Action::Add { url, follow, most, hours } => {
                let new = NewRuleList {
                    url,
                    changes: if follow { Changes::Follow } else { Changes::Ask },
                    most: match most {
                        Strictest::Block => Rule::Block,
                        Strictest::Limit => Rule::Limit,
                    },
                    hours: Some(hours),
                };
                let list = hub.add_rule_list(new).await?;
                show(hub, &list).await?;
                println!("Nothing of it applies yet: landbridge lists apply {}", list.id);
            }
            Action::Show { list: None, json } => {
                let lists = hub.rule_lists().await?;
                if json {
                    println!("{:#}", lists.iter().map(as_json).collect::<Value>());
                }
                lists.iter().filter(|_| !json).for_each(summary);
            }
            Action::Show { list: Some(list), json } => {
                let list = find(hub, &list).await?;
                if json {
                    let mut told = as_json(&list);
                    let changes = hub.list_changes(list.id, u32::MAX).await?;
                    told["changes"] = changes.iter().map(change_as_json).collect();
                    println!("{told:#}");
                } else {
                    show(hub, &list).await?;
                }
            }
            Action::Fetch { list } => {
                let list = find(hub, &list).await?.id;
                show(hub, &hub.read_rule_list(list).await?).await?;
            }
            Action::Apply { list, yes } => apply(hub, &find(hub, &list).await?, yes).await?,
            Action::Changes { list, what } => {
                let changes = match what {
                    What::Ask => Changes::Ask,
                    What::Follow => Changes::Follow,
                };
                hub.set_list_changes(find(hub, &list).await?.id, changes).await?;
            }
            Action::Remove { list } => {
                let list = find(hub, &list).await?;
                hub.remove_rule_list(list.id).await?;
                println!("{} rules of it are gone", list.applied);
            }
        }
        Ok(())
    }
}

async fn apply(hub: &Hub, list: &RuleList, yes: bool) -> anyhow::Result<()> {
    let Some(read_at) = list.read_at else { bail!("this list could not be read yet; nothing was applied") };
    show(hub, list).await?;
    if list.waiting == 0 && list.applied_at.is_some() {
        return Ok(());
    }
    if !yes && !prompt::confirm("Apply this?")? {
        bail!("nothing was applied");
    }
    hub.apply_rule_list(list.id, read_at).await.context("the list was read again meanwhile; look again")?;
    println!("{} rules of it apply", hub.rule_list(list.id).await?.applied);
    Ok(())
}

async fn find(hub: &Hub, named: &str) -> anyhow::Result<RuleList> {
    let number: Option<Id> = named.parse().ok();
    let found = hub.rule_lists().await?.into_iter().find(|list| Some(list.id) == number || list.url == named);
    found.with_context(|| format!("no list {named} is followed; see landbridge lists show"))
}

fn summary(list: &RuleList) {
    let when = |at: Option<Time>| at.map_or("never".into(), |at| at.rfc3339());
    println!("{} {}", list.id, list.url);
    println!(
        "    {} apply, {} wait for you; changes {}; read {}, every {} hours; applied {}",
        list.applied,
        list.waiting,
        match list.changes {
            Changes::Ask => "wait for you",
            Changes::Follow => "apply by themselves",
        },
        when(list.read_at),
        list.hours,
        when(list.applied_at),
    );
    if let Some(problem) = &list.problem {
        println!("    the last look failed: {problem}");
    }
}

async fn show(hub: &Hub, list: &RuleList) -> anyhow::Result<()> {
    summary(list);
    for change in hub.list_changes(list.id, SHOWN).await? {
        let note = if change.note.is_empty() { String::new() } else { format!("  ({})", change.note) };
        println!("    {:>6} -> {:6} {}{note}", word(change.from), word(change.to), change.domain);
    }
    if list.waiting > u64::from(SHOWN) {
        println!("    and {} more", list.waiting - u64::from(SHOWN));
    }
    for (entry, why) in &list.skipped {
        println!("    left out: {entry} ({why})");
    }
    if list.left_out > list.skipped.len() as u64 {
        println!("    left out: {} more", list.left_out - list.skipped.len() as u64);
    }
    Ok(())
}

fn word(rule: Option<Rule>) -> &'static str {
    rule.map_or("none", Rule::key)
}

fn as_json(list: &RuleList) -> Value {
    let at = |at: Option<Time>| at.map(|at| at.rfc3339());
    json!({
        "id": list.id.to_string(),
        "url": list.url,
        "changes": list.changes.key(),
        "most": list.most.key(),
        "hours": list.hours,
        "read_at": at(list.read_at),
        "applied_at": at(list.applied_at),
        "problem": list.problem,
        "applied": list.applied,
        "waiting": list.waiting,
        "left_out": list.left_out,
        "skipped": list.skipped,
    })
}

fn change_as_json(change: &ListChange) -> Value {
    json!({
        "domain": change.domain,
        "from": change.from.map(Rule::key),
        "to": change.to.map(Rule::key),
        "note": change.note,
    })
}
