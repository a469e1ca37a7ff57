//! `landbridge domain`: rules for other servers.

use clap::{Args, Subcommand};
use landbridge_hub::moderation::Rule;

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
    List,
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
                Action::List => {
                    for rule in hub.domain_rules().await? {
                        println!("{:6} {:40} {}", rule.rule.key(), rule.domain, rule.note);
                    }
                }
            }
            hub.store().clone().close().await;
            Ok(())
        })
    }
}
