//! `pds-write`: posts by `createRecord` of some clients at once, each answered when it is durable.

use crate::{
    Common,
    measure::{self, Latencies},
    pds::Pds,
    report::Report,
};
use anyhow::Result;
use std::{sync::Arc, time::Instant};

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Accounts that the clients share.
    #[arg(long, default_value_t = 8)]
    accounts: usize,
    /// Posts of each client.
    #[arg(long, default_value_t = 500)]
    posts: usize,
    /// Members of Landbridge are on every network, so that each post becomes one there too; else on AT Protocol alone.
    #[arg(long)]
    everywhere: bool,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let networks: &[&str] = if options.everywhere { &[] } else { &["atproto"] };
    let pds = Arc::new(Pds::open(common, options.accounts.clamp(1, options.clients), networks).await?);
    let pid = pds.started.pid();
    for account in &pds.accounts {
        pds.post(account, 0).await?;
    }
    let used = measure::processor(pid);
    let begun = Instant::now();
    let mut clients = Vec::new();
    for client in 0..options.clients {
        let (pds, posts) = (pds.clone(), options.posts);
        clients.push(tokio::spawn(async move {
            let account = &pds.accounts[client % pds.accounts.len()];
            let mut latencies = Latencies::default();
            for number in 0..posts {
                let begun = Instant::now();
                pds.post(account, number).await?;
                latencies.push(begun.elapsed());
            }
            anyhow::Ok(latencies)
        }));
    }
    let mut latencies = Latencies::default();
    for client in clients {
        latencies.extend(client.await??);
    }
    let took = begun.elapsed().as_secs_f64();
    measure::settle(pid).await;
    let written = latencies.count() as f64;
    let mut report = Report::new("pds-write", common.name());
    report.setting("engine", common.server.engine(&common.database));
    report.setting("clients, accounts", format!("{}, {}", options.clients, pds.accounts.len()));
    report.figure("records written", written / took, "/s");
    report.figure("p50", latencies.percentile(0.5), "ms");
    report.figure("p99", latencies.percentile(0.99), "ms");
    let used = measure::processor(pid) - used;
    report.figure("processor time, with what follows each", used * 1000.0 / written, "ms");
    report.figure("memory after", measure::resident(pid), "MB");
    Ok(report)
}
