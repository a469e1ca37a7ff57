//! `start`: from starting the process to its first answer, the median of five.

use crate::{Common, measure::Latencies, report::Report, servers::Site};
use anyhow::Result;

pub async fn run(common: &Common) -> Result<Report> {
    let mut times = Latencies::default();
    for _ in 0..5 {
        let mut started = Site::lay_out(common).await?.start().await?;
        times.push(started.took);
        started.child.kill().await?;
    }
    let mut report = Report::new("start", common.name());
    report.figure("first answer after an empty start", times.percentile(0.5), "ms");
    Ok(report)
}
