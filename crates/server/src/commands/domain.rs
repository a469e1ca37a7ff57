//! `landbridge domain`: rules for other servers.

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use landbridge_hub::moderation::{DomainRule, Rule, rule_lists};
use landbridge_hub::{Hub, HubError};
use serde_json::json;
use std::path::{Path, PathBuf};

use crate::cli::Global;

/// Block, limit or allow other servers: of ActivityPub, of accounts and repositories (PDS), and relays.
///
/// A rule covers the domain and everything below it, on every network: `block example.org` also covers accounts whose
/// repository is at `pds.example.org` or whose handle ends so, and the relay at `relay.example.org`. Your own rules always
/// win over those of lists that you follow (see `landbridge lists`).
#[derive(Args)]
pub struct Domain {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Nothing in from there, nothing out to it.
    Block(Target),
    /// Only those who follow somebody there hear from it.
    Limit(Target),
    /// An exception from the rule for a wider domain.
    Allow(Target),
    /// Take a rule away.
    Remove { domain: String },
    /// List the rules.
    List {
        /// Also those of lists that are followed, as far as none of your own overrules them.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take in a list as Mastodon's administration exports it (CSV), or one domain a line, all to be blocked.
    ///
    /// Rules that are here already for other domains stay; one for the same domain is replaced.
    Import {
        /// The list; - for standard input.
        file: PathBuf,
    },
    /// Print the rules as Mastodon's administration imports them (CSV); exceptions and notes are left out.
    Export,
}

#[derive(Args)]
struct Target {
    domain: String,
    /// Why, for those who run this server with you.
    #[arg(long, default_value = "")]
    note: String,
}

impl Domain {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        super::with_hub(global, async |hub| {
            let set = |target: Target, rule| async move {
                hub.set_domain_rule(&target.domain.to_lowercase(), Some(rule), &target.note).await
            };
            match self.action {
                Action::Block(target) => set(target, Rule::Block).await?,
                Action::Limit(target) => set(target, Rule::Limit).await?,
                Action::Allow(target) => set(target, Rule::Allow).await?,
                Action::Remove { domain } => hub.set_domain_rule(&domain.to_lowercase(), None, "").await?,
                Action::List { all, json } => {
                    let rules = if all { hub.rules_in_force().await? } else { hub.domain_rules().await? };
                    if json {
                        println!("{:#}", as_json(&rules));
                    }
                    for rule in rules.iter().filter(|_| !json) {
                        println!("{:6} {:40} {}", rule.rule.key(), rule.domain, rule.note);
                    }
                }
                Action::Import { file } => import(hub, &file).await?,
                Action::Export => print!("{}", rule_lists::write(&hub.domain_rules().await?)),
            }
            Ok(())
        })
    }
}

/// Takes in what can be taken in, and says what cannot.
async fn import(hub: &Hub, file: &Path) -> anyhow::Result<()> {
    let text = match file.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin())?,
        _ => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
    };
    let listed = rule_lists::read(&text).map_err(|why| anyhow!("{why}"))?;
    let mut taken = 0;
    for (entry, why) in &listed.skipped {
        eprintln!("left out: {entry} ({why})");
    }
    if listed.left_out > listed.skipped.len() {
        eprintln!("left out: {} more", listed.left_out - listed.skipped.len());
    }
    for listed in &listed.rules {
        match hub.set_domain_rule(&listed.domain, Some(listed.rule), &listed.note).await {
            Ok(()) => taken += 1,
            Err(HubError::Invalid(why)) => eprintln!("left out: {} ({why})", listed.domain),
            Err(error) => return Err(error.into()),
        }
    }
    println!("{taken} rules taken in");
    Ok(())
}

fn as_json(rules: &[DomainRule]) -> serde_json::Value {
    let rules = rules.iter().map(|rule| {
        json!({ "domain": rule.domain, "rule": rule.rule.key(), "note": rule.note, "at": rule.at.rfc3339() })
    });
    rules.collect()
}
