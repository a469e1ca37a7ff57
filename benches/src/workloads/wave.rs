//! `wave`: 1,000 strangers on 20 origins write to 50 members who have ordinary traffic of their own. The hub runs in this
//! process, on a real store; its budgets go by a clock that is put forward.
//!
//! First quiet stretches and stretches of the wave take turns, a few seconds each, so that what else the machine does falls on
//! both; what friends send is measured from the moment when it was due. Everybody writes when it occurs to them: the gaps between
//! messages are those of a Poisson process, and each message is a task of its own, as it is in the server. Then the rest of a day
//! passes.

mod crowd;
mod plot;
mod world;

use crate::{Common, measure::Latencies, report::Report};
use anyhow::{Result, ensure};
use crowd::{Crowd, Random};
use plot::{Line, Panel};
use std::{
    collections::HashSet,
    ops::Range,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use world::World;

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 50)]
    members: usize,
    /// Members that each stranger writes to.
    #[arg(long, default_value_t = 5)]
    targets: usize,
    /// Stretches of each kind.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// Messages of friends in a stretch, and in a second.
    #[arg(long, default_value_t = 200)]
    ordinary: usize,
    #[arg(long, default_value_t = 100)]
    ordinary_rate: u32,
    /// Messages of strangers in a second, while the wave runs.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Where the plot goes (SVG).
    #[arg(long, default_value = "wave.svg")]
    plot: PathBuf,
}

/// Simulated hours of the wave, and all that are looked at.
const FLOOD: f64 = 2.0;
const DAY: f64 = 24.0;
const STEP: Duration = Duration::from_secs(1800);
const HOUR: Duration = Duration::from_secs(3600);

/// What is to be seen at a moment: hours, honest and other strangers' requests.
struct Seen {
    hours: f64,
    honest: usize,
    others: usize,
}

pub async fn run(common: &Common, options: &Options) -> Result<Report> {
    ensure!(
        options.rounds > 0 && options.ordinary > 0 && options.rate > 0 && options.ordinary_rate > 0,
        "nothing to do"
    );
    ensure!(options.members > 0 && options.targets <= options.members, "too few members");
    let world = Arc::new(World::open(&common.database, options.members).await?);
    let crowd = Arc::new(Crowd::gather(&world, options.targets).await?);
    let before = crate::measure::resident(std::process::id());
    let (mut quiet, mut wave) = (Latencies::default(), Latencies::default());
    let mut course = vec![Seen { hours: 0.0, honest: 0, others: 0 }];
    let mut next = 0;
    for round in 0..options.rounds {
        quiet.extend(ordinary(&world, options, round * 2).await?);
        let part = crowd.letters().div_ceil(options.rounds).min(crowd.letters() - next);
        let letters = next..next + part;
        next += part;
        let (heard, sent) = tokio::join!(
            ordinary(&world, options, round * 2 + 1),
            flood(&world, &crowd, letters, options.rate)
        );
        wave.extend(heard?);
        sent?;
        world.hub.pass_time(HOUR.mul_f64(FLOOD / options.rounds as f64));
        world.hub.admit_parked().await?;
        course.push(look(&world, &crowd, FLOOD * (round + 1) as f64 / options.rounds as f64).await?);
    }
    let mut hours = FLOOD;
    while hours < DAY {
        world.hub.pass_time(STEP);
        world.hub.admit_parked().await?;
        hours += STEP.as_secs_f64() / 3600.0;
        course.push(look(&world, &crowd, hours).await?);
    }
    let waves = world.hub.waves().await?;
    let mut report = Report::new("wave", common.name());
    report.setting("engine", common.server.engine(&common.database));
    report.setting(
        "members, strangers, origins",
        format!("{}, {}, {}", options.members, crowd.strangers.len(), crowd::ORIGINS),
    );
    report.figure("messages of strangers", crowd.letters() as f64, "");
    let (q50, q99) = (quiet.percentile(0.5), quiet.percentile(0.99));
    let (w50, w99) = (wave.percentile(0.5), wave.percentile(0.99));
    report.figure("messages of friends", (quiet.count() + wave.count()) as f64, "");
    report.figure("friends, quiet: median", q50, "ms");
    report.figure("friends, quiet: 99 %", q99, "ms");
    report.figure("friends, in the wave: median", w50, "ms");
    report.figure("friends, in the wave: 99 %", w99, "ms");
    report.figure("99 % in the wave against quiet", w99 / q99.max(f64::EPSILON), "times");
    let last = course.last().map_or((0, 0), |seen| (seen.honest, seen.others));
    report.figure(
        "honest strangers whose request is seen within a day",
        last.0 as f64,
        &format!("of {}", crowd.honest()),
    );
    report.figure("requests of others seen", last.1 as f64, "");
    let all = course.iter().find(|seen| seen.honest == crowd.honest()).map_or(f64::NAN, |seen| seen.hours);
    report.figure("hours until all the honest are seen", all, "h");
    report.figure("rows for the operator", waves.len() as f64, "");
    report.figure("first contacts in them", waves.iter().map(|wave| wave.contacts).sum::<u64>() as f64, "");
    report.figure("entries in memory", world.hub.budget_entries() as f64, "");
    report.figure("memory that was added", crate::measure::resident(std::process::id()) - before, "MB");
    let shares = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995];
    let curve = |latencies: &mut Latencies| -> Vec<(f64, f64)> {
        shares.iter().map(|share| (share * 100.0, latencies.percentile(*share))).collect()
    };
    let panels = [
        Panel {
            title: "What friends send: time until it is stored",
            across: "% of messages",
            up: "ms",
            lines: vec![
                Line { name: "quiet", points: curve(&mut quiet) },
                Line { name: "in the wave", points: curve(&mut wave) },
            ],
        },
        Panel {
            title: "Requests that members see",
            across: "hours since the wave began",
            up: "requests",
            lines: vec![
                Line {
                    name: "of honest strangers",
                    points: course.iter().map(|seen| (seen.hours, seen.honest as f64)).collect(),
                },
                Line {
                    name: "of others",
                    points: course.iter().map(|seen| (seen.hours, seen.others as f64)).collect(),
                },
            ],
        },
    ];
    std::fs::write(&options.plot, plot::draw(&panels))?;
    eprintln!("-> {}", options.plot.display());
    world.close().await;
    Ok(report)
}

/// Friends write at their rate; how long each message took.
async fn ordinary(world: &Arc<World>, options: &Options, stretch: usize) -> Result<Latencies> {
    let mut all = JoinSet::new();
    for (n, due) in moments(options.ordinary_rate, stretch as u64).take(options.ordinary).enumerate() {
        let (world, to) = (world.clone(), n % options.members);
        all.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            world.friend_writes(to, &format!("{stretch}/{n}")).await?;
            anyhow::Ok(due.elapsed())
        });
    }
    let mut took = Latencies::default();
    while let Some(one) = all.join_next().await {
        took.push(one??);
    }
    Ok(took)
}

/// Strangers write at theirs, whether the server keeps up or not.
async fn flood(world: &Arc<World>, crowd: &Arc<Crowd>, letters: Range<usize>, rate: u32) -> Result<()> {
    let mut all = JoinSet::new();
    // Other moments than those of any stretch.
    for (due, n) in moments(rate, letters.start as u64 + 1_000).zip(letters) {
        let (world, crowd) = (world.clone(), crowd.clone());
        all.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            crowd.send(&world, n).await
        });
    }
    while let Some(one) = all.join_next().await {
        one??;
    }
    Ok(())
}

/// When messages are written that come at a rate (in a second), from now on.
fn moments(rate: u32, seed: u64) -> impl Iterator<Item = Instant> {
    let mut random = Random::new(seed);
    let mut due = Instant::now();
    std::iter::from_fn(move || {
        due += Duration::from_secs_f64(random.gap() / f64::from(rate));
        Some(due)
    })
}

async fn look(world: &World, crowd: &Crowd, hours: f64) -> Result<Seen> {
    let mut seen = HashSet::new();
    let (mut honest, mut others) = (0, 0);
    for request in world.requests().await? {
        let (member, stranger) = request;
        ensure!(seen.insert((member, stranger)), "somebody asks twice");
        match crowd.is_honest(stranger) {
            true => honest += 1,
            false => others += 1,
        }
    }
    Ok(Seen { hours, honest, others })
}
