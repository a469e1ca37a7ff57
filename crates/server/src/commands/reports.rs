//! `landbridge reports`: what members and other servers have reported.

use anyhow::bail;
use clap::{Args, Subcommand};
use landbridge_hub::Hub;
use landbridge_hub::moderation::Report;
use landbridge_model::{Id, Network};
use serde_json::{Value, json};

use crate::cli::Global;

/// Show the reports of members and other servers, open ones first.
///
/// What to do about one: `landbridge moderate ... --report NUMBER`, which closes it; or close it without a measure.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Reports {
    #[command(subcommand)]
    action: Option<Action>,
    /// Close a report: its number, as shown.
    #[arg(long, value_name = "NUMBER")]
    resolve: Option<Id>,
    /// How many to show.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Show one report.
    Show { number: Id },
    /// Close a report without a measure.
    Close {
        number: Id,
        /// Why, for those who run this server with you.
        #[arg(long, default_value = "")]
        note: String,
    },
}

impl Reports {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        super::with_hub(global, async |hub| self.act(hub).await)
    }

    async fn act(self, hub: &Hub) -> anyhow::Result<()> {
        match (self.action, self.resolve) {
            (Some(Action::Show { number }), _) => show(hub, &hub.report_by_id(number).await?).await?,
            (Some(Action::Close { number, note }), _) => close(hub, number, &note).await?,
            (None, Some(number)) => close(hub, number, "").await?,
            (None, None) if self.json => {
                let mut all = Vec::new();
                for report in hub.reports(self.limit).await? {
                    all.push(as_json(hub, &report).await?);
                }
                println!("{:#}", Value::Array(all));
            }
            (None, None) => {
                for report in hub.reports(self.limit).await? {
                    show(hub, &report).await?;
                }
            }
        }
        Ok(())
    }
}

async fn close(hub: &Hub, number: Id, note: &str) -> anyhow::Result<()> {
    match hub.close_report(number, note).await {
        Err(landbridge_hub::HubError::NotFound) => bail!("there is no open report {number}"),
        other => Ok(other?),
    }
}

async fn show(hub: &Hub, report: &Report) -> anyhow::Result<()> {
    let (by, about) = (hub.actor(report.reporter).await?, hub.actor(report.target).await?);
    let state = if report.resolved { "closed" } else { "open" };
    let from = report.origin.map_or(String::new(), |network| format!(" ({})", network.key()));
    println!(
        "{} {state:6} {} {} @{} by @{}{from}",
        report.id,
        report.at.rfc3339(),
        report.category,
        about.acct(),
        by.acct()
    );
    for post in hub.posts(&report.posts).await? {
        println!("    {}", hub.config().url(&format!("/@{}/{}", about.acct(), post.id)));
    }
    report.comment.lines().for_each(|line| println!("    {line}"));
    if !report.note.is_empty() {
        println!("    closed: {}", report.note);
    }
    Ok(())
}

async fn as_json(hub: &Hub, report: &Report) -> anyhow::Result<Value> {
    let (by, about) = (hub.actor(report.reporter).await?, hub.actor(report.target).await?);
    Ok(json!({
        "id": report.id.to_string(),
        "state": if report.resolved { "closed" } else { "open" },
        "at": report.at.rfc3339(),
        "category": report.category,
        "about": about.acct(),
        "by": by.acct(),
        "network": report.origin.map(Network::key),
        "posts": report.posts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "comment": report.comment,
        "note": report.note,
    }))
}
