//! `pds-export`: one repository grows; at some sizes it is downloaded whole (`getRepo`), and the cost of one more record
//! is measured.

use crate::{
    Common,
    measure::{self, Latencies},
    pds::Pds,
    report::Report,
};
use anyhow::{Result, ensure};
use std::time::Instant;

/// Downloads at each size, of which the fastest counts.
const TRIES: usize = 10;

#[derive(clap::Args)]
pub struct Options {
    /// How many records it has when it is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    records: Vec<usize>,
    /// Posts whose time is measured at each size.
    #[arg(long, default_value_t = 200)]
    posts: usize,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let pds = Pds::open(common, 1, &["atproto"]).await?;
    let (account, pid) = (&pds.accounts[0], pds.started.pid());
    let mut report = Report::new("pds-export", common.name());
    report.setting("engine", common.server.engine(&common.database));
    let mut there = 0;
    for &size in &options.records {
        ensure!(size > there, "sizes must grow");
        let begun = Instant::now();
        pds.fill(account, there..size).await?;
        report.figure(
            format!("{size}: filled, 200 a commit"),
            (size - there) as f64 / begun.elapsed().as_secs_f64(),
            "records/s",
        );
        measure::settle(pid).await;
        let mut latencies = Latencies::default();
        for number in 0..options.posts {
            let begun = Instant::now();
            pds.post(account, number).await?;
            latencies.push(begun.elapsed());
        }
        there = size + options.posts;
        report.figure(format!("{size}: one more record, p50"), latencies.percentile(0.5), "ms");
        report.figure(format!("{size}: one more record, p99"), latencies.percentile(0.99), "ms");
        measure::settle(pid).await;
        let mut url = pds.url("com.atproto.sync.getRepo")?;
        url.query_pairs_mut().append_pair("did", &account.did);
        let (mut best, mut bytes) = (f64::MAX, 0);
        for _ in 0..TRIES {
            let begun = Instant::now();
            let mut answer = pds.http.get(url.clone()).send().await?.error_for_status()?;
            bytes = 0;
            while let Some(piece) = answer.chunk().await? {
                bytes += piece.len();
            }
            best = best.min(begun.elapsed().as_secs_f64());
        }
        // Every record is in it.
        ensure!(bytes > there * 100, "an export of {bytes} bytes");
        report.figure(format!("{size}: exported"), there as f64 / best, "records/s");
        report.figure(format!("{size}: exported"), bytes as f64 / best / 1e6, "MB/s");
        report.figure(format!("{size}: memory after"), measure::resident(pid), "MB");
    }
    Ok(report)
}
