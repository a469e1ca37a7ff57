//! `landbridge reports`: what members and other servers have reported.

use clap::Args;
use landbridge_model::Id;

use crate::assemble::House;
use crate::cli::Global;
use crate::instance::Use;
use crate::observe;

/// Show the reports of members and other servers, open ones first.
#[derive(Args)]
pub struct Reports {
    /// Close a report: its number, as shown.
    #[arg(long, value_name = "NUMBER")]
    resolve: Option<Id>,
    /// How many to show.
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Reports {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        super::block_on(async move {
            let house = House::open(&config, Use::Command).await?;
            let hub = &house.hub;
            match self.resolve {
                Some(id) => hub.resolve_report(id).await?,
                None => {
                    for report in hub.reports(self.limit).await? {
                        let (by, about) =
                            (hub.actor(report.reporter).await?, hub.actor(report.target).await?);
                        let state = if report.resolved { "closed" } else { "open" };
                        println!(
                            "{} {state:6} {} @{} by @{}",
                            report.id,
                            report.at.rfc3339(),
                            about.acct(),
                            by.acct()
                        );
                        for post in hub.posts(&report.posts).await? {
                            println!("    {}", hub.config().url(&format!("/@{}/{}", about.acct(), post.id)));
                        }
                        report.comment.lines().for_each(|line| println!("    {line}"));
                    }
                }
            }
            hub.store().clone().close().await;
            Ok(())
        })
    }
}
