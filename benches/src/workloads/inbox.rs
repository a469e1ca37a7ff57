//! `inbox`: signed Create(Note) activities, one a key, sent by some connections at once; accepted (2xx) and visible (on
//! the member's notifications, since each names the member). The first round meets unknown keys, the others known ones.

use crate::{Common, crowd::Crowd, measure, report::Report, servers::Server, target::Target};
use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::time::Instant;

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 1000)]
    keys: usize,
    #[arg(long, default_value_t = 50)]
    hosts: usize,
    /// Rounds after the first.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Requests at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let crowd = Crowd::gather(options.keys, options.hosts).await?;
    let target = Target::open(common).await?;
    let inbox = target.inbox().await?;
    let mut report = Report::new("inbox", common.name());
    report.setting("engine", common.server.engine(&common.database));
    let mut seen = 0;
    for (name, rounds) in [("cold keys", 0..1), ("warm keys", 1..1 + options.rounds)] {
        let mut requests = Vec::new();
        for round in rounds {
            for n in 0..crowd.len() {
                requests.push(crowd.sign(n, &inbox, &crowd.note(n, round, &target.actor))?);
            }
        }
        let count = requests.len();
        let used = target.started.as_ref().map(|s| measure::processor(s.pid()));
        let begun = Instant::now();
        let accepted = stream::iter(&requests)
            .map(|request| crowd.send(&inbox, request))
            .buffer_unordered(options.connections)
            .try_fold(0_usize, async |ok, status| Ok(ok + usize::from(status.is_success())))
            .await?;
        let took = begun.elapsed();
        ensure!(accepted == count, "only {accepted} of {count} were accepted");
        seen += count;
        wait_until_visible(&target, seen).await?;
        let visible = begun.elapsed();
        report.figure(format!("{name}: accepted"), count as f64 / took.as_secs_f64(), "/s");
        report.figure(format!("{name}: visible"), count as f64 / visible.as_secs_f64(), "/s");
        if let (Some(started), Some(used)) = (&target.started, used) {
            let cpu = measure::processor(started.pid()) - used;
            report.figure(
                format!("{name}: processor time of the server"),
                cpu * 1e6 / count as f64,
                "us each",
            );
        }
    }
    if let Some(started) = &target.started {
        report.figure("memory after", measure::resident(started.pid()), "MB");
    }
    Ok(report)
}

/// Waits until the member sees so many posts that name them.
async fn wait_until_visible(target: &Target, count: usize) -> Result<()> {
    let (listing, page) = target.server.mentions();
    // snac loses the tag of one note in some hundreds that come at once.
    let count = if target.server == Server::Snac { count - count / 50 } else { count };
    target.wait_for_entries(listing, page, count).await
}
