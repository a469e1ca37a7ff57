//! `nostr-query`: REQs for one author's latest notes, over some connections, one after the other, until EOSE.

use super::nostr_ingest::open;
use crate::{
    Common,
    measure::Latencies,
    nostr_client::{Client, event_frame, notes},
    report::Report,
};
use anyhow::{Result, ensure};
use nostr::prelude::Keys;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Options {
    /// A running relay, such as ws://localhost:7777; else Landbridge is started.
    #[arg(long)]
    relay: Option<String>,
    /// Events put in beforehand.
    #[arg(long, default_value_t = 20_000)]
    events: usize,
    #[arg(long, default_value_t = 200)]
    keys: usize,
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let keys: Vec<Keys> = (0..options.keys).map(|_| Keys::generate()).collect();
    let (relay, _target, named) = open(common, options.relay.as_deref()).await?;
    let mut writer = Client::connect(&relay).await?;
    for part in notes(options.events, &keys, named.as_deref())?.chunks(200) {
        for event in part {
            writer.send(event_frame(event)).await?;
        }
        writer.flush().await?;
        for _ in part {
            let answer = writer.next(&["OK"]).await?;
            ensure!(answer[2] == true, "refused: {}", answer[3]);
        }
    }
    let begun = Instant::now();
    let end = begun + Duration::from_secs(options.seconds);
    let mut tasks = Vec::new();
    for n in 0..options.connections {
        let authors: Vec<String> =
            keys.iter().skip(n).step_by(options.connections).map(|k| k.public_key().to_hex()).collect();
        let relay = relay.clone();
        tasks.push(tokio::spawn(async move { ask(&relay, &authors, end).await }));
    }
    let (mut times, mut found) = (Latencies::default(), 0);
    for task in tasks {
        let (more, events) = task.await??;
        times.extend(more);
        found += events;
    }
    let took = begun.elapsed().as_secs_f64();
    let mut report = Report::new("nostr-query", common.name());
    report.figure("queries", times.count() as f64 / took, "/s");
    report.figure("events read", found as f64 / took, "/s");
    report.figure("p50", times.percentile(0.5), "ms");
    report.figure("p99", times.percentile(0.99), "ms");
    Ok(report)
}

async fn ask(relay: &str, authors: &[String], end: Instant) -> Result<(Latencies, usize)> {
    let mut client = Client::connect(relay).await?;
    let (mut times, mut found) = (Latencies::default(), 0);
    for author in authors.iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        let one = Instant::now();
        client
            .send(format!("[\"REQ\",\"q\",{{\"kinds\":[1],\"authors\":[\"{author}\"],\"limit\":20}}]"))
            .await?;
        client.flush().await?;
        loop {
            let frame = client.next(&["EVENT", "EOSE", "CLOSED"]).await?;
            match frame[0].as_str() {
                Some("EVENT") => found += 1,
                Some("EOSE") => break,
                _ => anyhow::bail!("refused: {frame}"),
            }
        }
        times.push(one.elapsed());
    }
    ensure!(found > 0, "nothing was found");
    Ok((times, found))
}
