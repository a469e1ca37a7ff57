//! `firehose-out`: what a PDS sends to its subscribers: first all that it kept, then what is written while they listen.

use crate::{
    Common,
    measure::{self, Latencies},
    pds::Pds,
    report::Report,
};
use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use landbridge_atproto::firehose::{Event, Frame, peek};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 10)]
    subscribers: usize,
    /// Commits that are there before anybody subscribes.
    #[arg(long, default_value_t = 5_000)]
    kept: usize,
    /// Commits that are made while all listen.
    #[arg(long, default_value_t = 1_000)]
    live: usize,
    #[arg(long, default_value_t = 8)]
    writers: usize,
}

/// What one subscriber has to hear, and heard.
struct Heard {
    /// When the last of those that were kept came.
    caught_up: Instant,
    /// When each of the others came, by rev.
    live: HashMap<String, Instant>,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let pds = Arc::new(Pds::open(common, options.writers, &["atproto"]).await?);
    let pid = pds.started.pid();
    let kept = write(&pds, options.kept / options.writers).await?.len();
    let used = measure::processor(pid);
    let begun = Instant::now();
    let live = options.live / options.writers * options.writers;
    let mut subscribers = Vec::new();
    let (ready, mut all) = tokio::sync::mpsc::channel(options.subscribers);
    for _ in 0..options.subscribers {
        let mut url = pds.url("com.atproto.sync.subscribeRepos")?;
        url.set_query(Some("cursor=0"));
        ensure!(url.set_scheme("ws").is_ok(), "no WebSocket URL");
        subscribers.push(tokio::spawn(listen(url.to_string(), kept, live, ready.clone())));
    }
    for _ in 0..options.subscribers {
        all.recv().await.context("a subscriber ended early")?;
    }
    let replayed = measure::processor(pid) - used;
    let sent = write(&pds, live / options.writers).await?;
    let (mut latest, mut latencies) = (begun, Latencies::default());
    for subscriber in subscribers {
        let heard = subscriber.await??;
        latest = latest.max(heard.caught_up);
        for (rev, at) in &sent {
            let came = heard.live.get(rev).with_context(|| format!("{rev} never came"))?;
            latencies.push(came.saturating_duration_since(*at));
        }
    }
    let events = (kept * options.subscribers) as f64;
    let mut report = Report::new("firehose-out", common.name());
    report.setting("engine", common.server.engine(&common.database));
    report.setting("subscribers", options.subscribers.to_string());
    report.figure("events kept, to all", events / latest.duration_since(begun).as_secs_f64(), "/s");
    report.figure("processor time", replayed * 1e6 / events, "us an event and subscriber");
    report.figure("from a post to a subscriber, p50", latencies.percentile(0.5), "ms");
    report.figure("from a post to a subscriber, p99", latencies.percentile(0.99), "ms");
    report.figure("memory after", measure::resident(pid), "MB");
    Ok(report)
}

/// So many posts of every account: the rev of each, and when it was sent.
async fn write(pds: &Arc<Pds>, each: usize) -> Result<Vec<(String, Instant)>> {
    let mut writers = Vec::new();
    for account in pds.accounts.clone() {
        let pds = pds.clone();
        writers.push(tokio::spawn(async move {
            let mut written = Vec::new();
            for number in 0..each {
                let begun = Instant::now();
                written.push((pds.post(&account, number).await?, begun));
            }
            anyhow::Ok(written)
        }));
    }
    let mut written = Vec::new();
    for writer in writers {
        written.extend(writer.await??);
    }
    Ok(written)
}

/// Counts commits of posts: a PDS also tells of accounts, and of the first commit of each.
async fn listen(
    url: String,
    kept: usize,
    live: usize,
    ready: tokio::sync::mpsc::Sender<()>,
) -> Result<Heard> {
    let (mut socket, _) = connect_async(url).await?;
    let mut heard = Heard { caught_up: Instant::now(), live: HashMap::new() };
    let mut seen = 0;
    while seen < kept + live {
        let message = tokio::time::timeout(Duration::from_secs(120), socket.next()).await;
        let message = message.context("the stream stands still")?.context("the stream has ended")??;
        let Message::Binary(frame) = message else { continue };
        let at = Instant::now();
        if peek(&frame)?.is_none_or(|seen| seen.kind != "#commit") {
            continue;
        }
        let Frame::Event(_, Event::Commit(commit)) = Frame::decode(&frame)? else { continue };
        if !commit.ops.iter().any(|op| op.path.starts_with("app.bsky.feed.post/")) {
            continue;
        }
        seen += 1;
        if seen > kept {
            heard.live.insert(commit.rev.to_string(), at);
        }
        if seen == kept {
            heard.caught_up = at;
            ready.send(()).await?;
        }
    }
    Ok(heard)
}
