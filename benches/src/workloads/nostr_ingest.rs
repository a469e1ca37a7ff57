//! `nostr-ingest`: signed notes that name a member, sent over some connections with so many unanswered at once, each
//! acknowledged by OK.

use crate::{
    Common, measure,
    nostr_client::{Client, event_frame, notes},
    report::Report,
    target::Target,
};
use anyhow::{Context, Result, ensure};
use nostr::prelude::Keys;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Options {
    /// A running relay, such as ws://localhost:7777; else Landbridge is started.
    #[arg(long)]
    relay: Option<String>,
    #[arg(long, default_value_t = 50_000)]
    events: usize,
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Sent and not yet answered, on each connection.
    #[arg(long, default_value_t = 200)]
    window: usize,
    #[arg(long, default_value_t = 1000)]
    keys: usize,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let keys: Vec<Keys> = (0..options.keys).map(|_| Keys::generate()).collect();
    let (relay, target, named) = open(common, options.relay.as_deref()).await?;
    let events = notes(options.events, &keys, named.as_deref())?;
    let used =
        target.as_ref().and_then(|t| t.started.as_ref()).map(|s| (s.pid(), measure::processor(s.pid())));
    let begun = Instant::now();
    let share = events.len().div_ceil(options.connections);
    let mut tasks = Vec::new();
    for part in events.chunks(share) {
        let frames: Vec<String> = part.iter().map(event_frame).collect();
        let (relay, window) = (relay.clone(), options.window);
        tasks.push(tokio::spawn(async move { send(&relay, frames, window).await }));
    }
    let mut accepted = 0;
    for task in tasks {
        accepted += task.await??;
    }
    let took = begun.elapsed().as_secs_f64();
    ensure!(accepted == events.len(), "only {accepted} of {} were accepted", events.len());
    let mut report = Report::new("nostr-ingest", common.name());
    report.figure("events accepted", accepted as f64 / took, "/s");
    if let Some((pid, before)) = used {
        report.figure(
            "processor time of the server",
            (measure::processor(pid) - before) * 1e6 / accepted as f64,
            "us each",
        );
        report.figure("memory after", measure::resident(pid), "MB");
    }
    Ok(report)
}

/// The relay's URL, what was started, and the key that strangers' events must name.
pub async fn open(common: &Common, relay: Option<&str>) -> Result<(String, Option<Target>, Option<String>)> {
    if let Some(relay) = relay {
        return Ok((relay.to_owned(), None, None));
    }
    let target = Target::open(common).await?;
    let names = target.get(".well-known/nostr.json?name=alice").await?;
    let key = names["names"]["alice"].as_str().context("the member has no key on Nostr")?.to_owned();
    let mut url = target.base.join("relay")?;
    ensure!(url.set_scheme("ws").is_ok(), "no WebSocket URL");
    Ok((url.to_string(), Some(target), Some(key)))
}

async fn send(relay: &str, frames: Vec<String>, window: usize) -> Result<usize> {
    let mut client = Client::connect(relay).await?;
    let (mut sent, mut answered, mut accepted) = (0, 0, 0);
    let count = frames.len();
    let mut frames = frames.into_iter();
    while answered < count {
        while sent - answered < window
            && let Some(frame) = frames.next()
        {
            client.send(frame).await?;
            sent += 1;
        }
        client.flush().await?;
        let answer = client.next(&["OK"]).await?;
        answered += 1;
        ensure!(answer[2] == true, "refused: {}", answer[3]);
        accepted += 1;
    }
    Ok(accepted)
}
