//! Prometheus metrics on a listener of their own, never on the public one: `GET /metrics`, `GET /health`.

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

use crate::listen::Stop;

/// Upper bounds in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Collects from now on and serves at `address` until `stop`.
pub async fn start(address: SocketAddr, stop: Stop) -> anyhow::Result<()> {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "metrics can be read from other machines");
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)?
        .install_recorder()
        .context("cannot collect metrics")?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("metrics.listen = {address}"))?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let app = Router::new()
        .route("/metrics", get(move || async move { page(&handle) }))
        .route("/health", get(|| async { "ok\n" }));
    tokio::spawn(async move {
        let serving = axum::serve(listener, app).with_graceful_shutdown(async move { stop.wait().await });
        if let Err(error) = serving.await {
            tracing::error!(%error, "the metrics listener ended");
        }
    });
    Ok(())
}

fn page(handle: &PrometheusHandle) -> String {
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let count = u32::try_from(open.count()).unwrap_or(u32::MAX);
        metrics::gauge!("process_open_fds").set(f64::from(count));
    }
    handle.render()
}

/// Memory in use, where the system tells (Linux).
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u32 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(f64::from(kilobytes) * 1024.0)
}
