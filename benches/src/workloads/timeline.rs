//! `timeline`: clients read the first pages of a home timeline as fast as they can, with many posts in the store.
//!
//! A started Landbridge gets its posts straight into the database before it is measured, one in ten of them for the
//! member's home. With `--by-inbox`, and for any other server that is started, strangers whom the member follows send
//! all of them. A running target must have its own.

mod by_inbox;

use crate::{
    Common,
    measure::{self, Latencies},
    report::Report,
    servers::{Server, Started},
    target::Target,
};
use anyhow::{Context, Result, ensure};
use landbridge_model::{
    Actor, ActorKind, ActorState, Audience, Id, IdSource, Network, Post, PostKind, Profile, Time, Visibility,
    richtext::compose,
};
use landbridge_store::{
    Store, Write,
    entities::{
        actors, copies, home,
        posts::{self, Body, PostRow},
        presences,
    },
};
use std::time::{Duration, Instant};

/// Authors of the posts.
const AUTHORS: usize = 200;
/// One in so many posts stands on the member's home.
const ON_HOME: usize = 10;

#[derive(clap::Args)]
pub struct Options {
    /// Posts in the store [default: 1000000, and 10000 by inbox]
    #[arg(long)]
    posts: Option<usize>,
    /// Fill Landbridge through its inbox too, to compare it with another server.
    #[arg(long)]
    by_inbox: bool,
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Posts a page.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    let target = Target::open(common).await?;
    let by_inbox = options.by_inbox || target.server != Server::Landbridge;
    let posts = options.posts.unwrap_or(if by_inbox { 10_000 } else { 1_000_000 });
    match &target.started {
        Some(_) if by_inbox => by_inbox::fill(&target, posts).await?,
        Some(started) => fill(started, &target, posts).await?,
        None => {}
    }
    let path = format!("api/v1/timelines/home?limit={}", options.limit);
    let first = target.get(&path).await?;
    let page = first.as_array().map_or(0, Vec::len);
    ensure!(page == options.limit as usize, "the home timeline has only {page} posts on its first page");
    let last = first.get(page - 1).and_then(|s| s["id"].as_str()).context("a status without id")?.to_owned();
    let mut report = Report::new("timeline", common.name());
    report.setting("posts in the store", posts.to_string());
    for (name, path) in [("first page", path.clone()), ("second page", format!("{path}&max_id={last}"))] {
        let (mut times, took) = read(&target, options, &path).await?;
        report.figure(format!("{name}: throughput"), times.count() as f64 / took, "/s");
        report.figure(format!("{name}: p50"), times.percentile(0.5), "ms");
        report.figure(format!("{name}: p99"), times.percentile(0.99), "ms");
    }
    if let Some(started) = &target.started {
        report.figure("memory after", measure::resident(started.pid()), "MB");
    }
    Ok(report)
}

async fn read(target: &Target, options: &Options, path: &str) -> Result<(Latencies, f64)> {
    let url = target.base.join(path)?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(options.seconds);
    let clients = (0..options.clients).map(|_| {
        let (http, url, token) = (target.http.clone(), url.clone(), target.token.clone());
        tokio::spawn(async move {
            let mut times = Latencies::default();
            while Instant::now() < end {
                let one = Instant::now();
                let answer = http.get(url.clone()).bearer_auth(&token).send().await?.error_for_status()?;
                let bytes = answer.bytes().await?;
                anyhow::ensure!(bytes.len() > 100, "an empty page");
                times.push(one.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut all = Latencies::default();
    for client in clients.collect::<Vec<_>>() {
        all.extend(client.await??);
    }
    Ok((all, begun.elapsed().as_secs_f64()))
}

/// Posts of strangers that the member follows, as they would have arrived.
async fn fill(started: &Started, target: &Target, count: usize) -> Result<()> {
    eprintln!("-> {count} posts");
    let me = target.get("api/v1/accounts/verify_credentials").await?;
    let member: Id = me["id"].as_str().context("no id")?.parse()?;
    let store = Store::open(&started.site.database_url).await?;
    let ids = IdSource::default();
    let now = Time::now();
    let authors: Vec<Id> = (0..AUTHORS).map(|_| ids.next()).collect();
    let mut people = Write::default();
    for (n, id) in authors.iter().enumerate() {
        let actor = stranger(*id, n, now);
        people.push(actors::insert(&actor, Some(Network::ActivityPub)));
        people.push(presences::insert(&landbridge_model::Presence {
            actor: *id,
            network: Network::ActivityPub,
            native_id: format!("https://host{}.example/users/p{n}", n % 50),
            state: Default::default(),
            facts: serde_json::json!({}),
            since: now,
        }));
    }
    store.write(people).await?;
    for batch in 0..count.div_ceil(1000) {
        let mut write = Write::default();
        for n in (batch * 1000..((batch + 1) * 1000).min(count)).rev() {
            // The oldest first, a second apart.
            let at = now.minus(Duration::from_secs((count - n) as u64));
            let author = authors.get(n % AUTHORS).copied().unwrap_or_default();
            let post = note(ids.at(at), author, n, at);
            let row = PostRow::of(&post, false, Body::of(&post).bytes(), None);
            write.push(posts::insert(&row, Some("en"), false));
            write.push(copies::insert(
                &copies::CopyRow {
                    network: Some(Network::ActivityPub),
                    native_id: post.url.clone().unwrap_or_default(),
                    kind: "post".into(),
                    object: post.id,
                    actor: author,
                    version: None,
                    url: post.url.clone(),
                    state: 0,
                    created_at: at,
                },
                None,
                None,
            ));
            if n % ON_HOME == 0 {
                write.push(home::put(member, post.id));
            }
        }
        store.write(write).await?;
    }
    store.close().await;
    Ok(())
}

fn stranger(id: Id, n: usize, now: Time) -> Actor {
    Actor {
        id,
        kind: ActorKind::Person,
        username: format!("p{n}"),
        domain: Some(format!("host{}.example", n % 50)),
        state: ActorState::Active,
        locked: false,
        created_at: now,
        fetched_at: Some(now),
        moved_to: None,
        last_post_at: Some(now),
        profile: Profile { display_name: format!("Person {n}"), ..Profile::default() },
        url: Some(format!("https://host{}.example/@p{n}", n % 50)),
        followers: 10,
        following: 10,
        posts: 100,
    }
}

fn note(id: Id, author: Id, n: usize, at: Time) -> Post {
    let text = compose(&format!(
        "Post {n}: the quick brown fox jumps over the lazy dog. #fox https://example.org/{n}"
    ));
    Post {
        id,
        author,
        origin: Some(Network::ActivityPub),
        kind: PostKind::Note,
        created_at: at,
        edited_at: None,
        visibility: Visibility::Public,
        title: None,
        tags: text.tags(),
        text,
        warning: None,
        sensitive: false,
        languages: vec!["en".into()],
        media: Vec::new(),
        poll: None,
        mentions: Vec::new(),
        emojis: Vec::new(),
        reply_to: None,
        reply_to_author: None,
        root: id,
        quote: None,
        repost_of: None,
        url: Some(format!("https://host{}.example/notes/{n}", n % 50)),
        quote_policy: Audience::Everyone,
        reply_policy: Audience::Everyone,
        application: None,
        card: None,
        replies: 0,
        reposts: 0,
        likes: 0,
        quotes: 0,
    }
}
