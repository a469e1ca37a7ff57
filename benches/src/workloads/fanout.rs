//! `fanout`: one post to many inboxes on many hosts, until the last one has it.

use crate::{Common, crowd::Crowd, measure, report::Report, target::Target};
use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::timeout;

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 1000)]
    inboxes: usize,
    #[arg(long, default_value_t = 200)]
    hosts: usize,
    /// Posts, one after the other.
    #[arg(long, default_value_t = 3)]
    posts: usize,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let crowd = Crowd::gather(options.inboxes, options.hosts).await?;
    let target = Target::open(common).await?;
    let inbox = target.inbox().await?;
    let mut follows = Vec::new();
    for n in 0..crowd.len() {
        follows.push(crowd.sign(n, &inbox, &crowd.follow(n, &target.actor))?);
    }
    let accepted = stream::iter(&follows)
        .map(|request| crowd.send(&inbox, request))
        .buffer_unordered(32)
        .try_fold(0_usize, async |ok, status| Ok(ok + usize::from(status.is_success())))
        .await?;
    ensure!(accepted == crowd.len(), "only {accepted} follows were accepted");
    let begun = Instant::now();
    while crowd.got().1 < crowd.len() {
        ensure!(begun.elapsed() < Duration::from_secs(120), "only {} follows were answered", crowd.got().1);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut best = f64::MAX;
    let mut cpu = 0.0;
    for n in 0..options.posts {
        let used = target.started.as_ref().map_or(0.0, |s| measure::processor(s.pid()));
        let begun = Instant::now();
        target
            .post(
                "api/v1/statuses",
                &json!({"status": format!("Post {n} to everybody"), "visibility": "public"}),
            )
            .await?;
        let last = timeout(Duration::from_secs(120), crowd.wait_for_creates((n + 1) * crowd.len())).await??;
        let took = last.duration_since(begun).as_secs_f64();
        if took < best {
            best = took;
            cpu = target.started.as_ref().map_or(0.0, |s| measure::processor(s.pid()) - used);
        }
    }
    let mut report = Report::new("fanout", common.name());
    report.setting("inboxes, hosts", format!("{}, {}", options.inboxes, options.hosts));
    report.figure("until the last has it", best * 1000.0, "ms");
    report.figure("deliveries", crowd.len() as f64 / best, "/s");
    if target.started.is_some() {
        report.figure("processor time of the server", cpu * 1e6 / crowd.len() as f64, "us each");
    }
    Ok(report)
}
