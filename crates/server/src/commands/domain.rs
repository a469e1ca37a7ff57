//! `landbridge domain`: rules for other servers.

mod csv;

use anyhow::Context;
use clap::{Args, Subcommand};
use landbridge_hub::moderation::{DomainRule, Rule};
use landbridge_hub::{Hub, HubError};
use serde_json::json;
use std::path::{Path, PathBuf};

use crate::assemble::House;
use crate::cli::Global;
use crate::instance::Use;
use crate::observe;

/// Block, limit or allow other servers. A rule covers the domain and everything below it.
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
    /// Print the rules as Mastodon's administration imports them (CSV); exceptions are left out.
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
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        super::block_on(async move {
            let house = House::open(&config, Use::Command).await?;
            let hub = &house.hub;
            let set = |target: Target, rule| async move {
                hub.set_domain_rule(&target.domain.to_lowercase(), Some(rule), &target.note).await
            };
            match self.action {
                Action::Block(target) => set(target, Rule::Block).await?,
                Action::Limit(target) => set(target, Rule::Limit).await?,
                Action::Allow(target) => set(target, Rule::Allow).await?,
                Action::Remove { domain } => hub.set_domain_rule(&domain.to_lowercase(), None, "").await?,
                Action::List { json: false } => {
                    for rule in hub.domain_rules().await? {
                        println!("{:6} {:40} {}", rule.rule.key(), rule.domain, rule.note);
                    }
                }
                Action::List { json: true } => println!("{:#}", as_json(&hub.domain_rules().await?)),
                Action::Import { file } => import(hub, &file).await?,
                Action::Export => print!("{}", csv::write(&hub.domain_rules().await?)),
            }
            hub.store().clone().close().await;
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
    let mut taken = 0;
    for listed in csv::read(&text)? {
        let domain = &listed.domain;
        match listed.rule {
            // Some lists hide a part of the name.
            _ if domain.contains('*') => eprintln!("left out: {domain} (the name is not written out)"),
            None => eprintln!("left out: {domain} (the list has no rule for it)"),
            rule => match hub.set_domain_rule(domain, rule, &listed.comment).await {
                Ok(()) => taken += 1,
                Err(HubError::Invalid(why)) => eprintln!("left out: {domain} ({why})"),
                Err(error) => return Err(error.into()),
            },
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
