//! `landbridge-bench`: named workloads, each against any server of the kind, so that two are measured in one run.
//!
//! Without a target a workload starts a server on an empty folder: the release build of Landbridge, or with `--server`
//! another one whose `--binary` is at hand. Figures are only as good as the machine is quiet: compare ratios within one
//! run, not numbers across runs.
#![allow(
    clippy::disallowed_methods,
    reason = "a load generator, not the server: it talks to loopback itself"
)]

mod crowd;
mod keys;
mod measure;
mod nostr_client;
mod pds;
mod report;
mod servers;
mod target;
mod workloads;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use report::Report;
use servers::Server;
use std::path::PathBuf;

#[derive(Parser)]
#[command(about = "Workloads for Landbridge and its peers; prints a table, and JSON with --json")]
struct Bench {
    #[command(subcommand)]
    workload: Workload,
    #[command(flatten)]
    common: Common,
}

/// What every workload takes.
#[derive(Args, Clone)]
pub struct Common {
    /// A running server, such as http://localhost:8080; else one is started.
    #[arg(long, global = true)]
    target: Option<String>,
    /// What is started, or what the target is.
    #[arg(long, global = true, value_enum, default_value_t = Server::Landbridge)]
    server: Server,
    /// Name of the target in the table [default: that of the server]
    #[arg(long, global = true)]
    name: Option<String>,
    /// Token of a member of the target.
    #[arg(long, global = true)]
    token: Option<String>,
    /// That member's actor URL.
    #[arg(long, global = true)]
    actor: Option<String>,
    /// For a Landbridge that is started: `sqlite`, or a postgres:// URL of an empty database.
    #[arg(long, global = true, default_value = "sqlite")]
    database: String,
    /// The binary that is started [default: target/release/landbridge, for Landbridge]
    #[arg(long, global = true)]
    binary: Option<PathBuf>,
    /// GoToSocial's folder `web`: it needs the templates in it.
    #[arg(long, global = true, default_value = "web")]
    web: PathBuf,
    /// A file for what the server that is started says.
    #[arg(long, global = true)]
    log: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

impl Common {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.server.name())
    }

    fn binary(&self) -> Result<PathBuf> {
        self.binary.clone().or_else(|| self.server.binary()).context("--binary is needed for this server")
    }
}

#[derive(Subcommand)]
enum Workload {
    /// Signed Create(Note) by many keys on many hosts, until all are visible through the API.
    Inbox(workloads::inbox::Options),
    /// One post to many inboxes on many hosts, until the last has it.
    Fanout(workloads::fanout::Options),
    /// Home timeline, with many posts in the store.
    Timeline(workloads::timeline::Options),
    /// Events sent to a relay, each acknowledged.
    NostrIngest(workloads::nostr_ingest::Options),
    /// Queries to a relay.
    NostrQuery(workloads::nostr_query::Options),
    /// Posts to a PDS by some clients at once, each answered when it is durable.
    PdsWrite(workloads::pds_write::Options),
    /// A repository that grows: its export, and the cost of one more record.
    PdsExport(workloads::pds_export::Options),
    /// What a PDS sends to subscribers: what it kept, then what is written while they listen.
    FirehoseOut(workloads::firehose_out::Options),
    /// A stream of many authors, filtered, decoded and verified, on one core.
    FirehoseIn(workloads::firehose_in::Options),
    /// First contacts by 1,000 strangers of 20 origins: what friends notice of it, and who gets through.
    Wave(workloads::wave::Options),
    /// Memory of an idle server.
    Idle,
    /// Time from start to the first answer.
    Start,
}

/// What every request is made with; some servers refuse those that do not say by whom.
pub fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().user_agent("landbridge-bench")
}

#[tokio::main]
async fn main() -> Result<()> {
    let Bench { workload, common } = Bench::parse();
    let report: Report = match workload {
        Workload::Inbox(options) => workloads::inbox::run(&common, &options).await?,
        Workload::Fanout(options) => workloads::fanout::run(&common, &options).await?,
        Workload::Timeline(options) => workloads::timeline::run(&common, &options).await?,
        Workload::NostrIngest(options) => workloads::nostr_ingest::run(&common, &options).await?,
        Workload::NostrQuery(options) => workloads::nostr_query::run(&common, &options).await?,
        Workload::PdsWrite(options) => workloads::pds_write::run(&common, &options).await?,
        Workload::PdsExport(options) => workloads::pds_export::run(&common, &options).await?,
        Workload::FirehoseOut(options) => workloads::firehose_out::run(&common, &options).await?,
        Workload::FirehoseIn(options) => workloads::firehose_in::run(&common, &options)?,
        Workload::Wave(options) => workloads::wave::run(&common, &options).await?,
        Workload::Idle => workloads::idle::run(&common).await?,
        Workload::Start => workloads::start::run(&common).await?,
    };
    report.print(common.json);
    Ok(())
}
