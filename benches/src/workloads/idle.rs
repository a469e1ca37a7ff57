//! `idle`: memory of a server with one member, some seconds after its start.

use crate::{Common, measure, report::Report, target::Target};
use anyhow::{Context, Result};
use std::time::Duration;

pub async fn run(common: &Common) -> Result<Report> {
    let target = Target::open(common).await?;
    let pid = target.started.as_ref().context("idle measures a server that it starts itself")?.pid();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = measure::processor(pid);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mut report = Report::new("idle", common.name());
    report.figure("resident memory", measure::resident(pid), "MB");
    report.figure("processor while idle", (measure::processor(pid) - before) * 10.0, "% of one core");
    Ok(report)
}
