//! `landbridge up`: the server.

use clap::Args;
use landbridge_hub::Hub;
use landbridge_hub::accounts::Once;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use crate::assemble::House;
use crate::cli::Global;
use crate::config::Config;
use crate::instance::root_key;
use crate::listen::Stop;
use crate::node::Node;
use crate::observe;

/// How long the link that makes the owner's account is good.
const OWNER_LINK: Duration = Duration::from_secs(24 * 3600);

/// Start the server. With no configuration: a local trial that never leaves this machine.
///
/// The trial listens on http://localhost:8840 (or the next free port), keeps its data in ./landbridge-data, and
/// prints a link that creates the owner's account in the browser. Stop it with Ctrl-C.
#[derive(Args)]
pub struct Up {}

impl Up {
    pub fn run(&self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        raise_open_files();
        super::block_on(serve(config))?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let stop = Stop::on_signals()?;
    if let Some(address) = config.metrics.listen {
        observe::metrics::start(address, stop.clone()).await?;
    }
    let node = Node::open(config).await?;
    greet(&node.house).await?;
    observe::supervisor::ready();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            stop.wait().await;
            observe::supervisor::stopping();
        }
    });
    node.run(stop).await;
    Ok(())
}

/// Says where we are, and how the first account is made while there is none.
async fn greet(house: &House) -> anyhow::Result<()> {
    let identity = &house.instance.identity;
    let origin = identity.origin.as_str().trim_end_matches('/');
    let terminal = std::io::stdout().is_terminal();
    if identity.is_trial() {
        println!("Landbridge {}: a local trial. Nothing leaves this machine.\n", env!("CARGO_PKG_VERSION"));
    } else {
        println!("Landbridge {} for @{}\n", env!("CARGO_PKG_VERSION"), identity.account_domain);
    }
    println!("  Address   {origin}");
    println!("  Data      {}", house.instance.dir.display());
    if house.hub.member_counts().await?.all == 0 {
        // A service's output is kept in a journal, where a link to the owner's account has no place.
        if identity.is_trial() || terminal {
            match owner_link(&house.hub).await {
                Ok(link) => println!(
                    "  Start     {link}\n            This link makes the owner's account. It works once, within a day."
                ),
                // A server that can only be read is still of use, and tells its operator why.
                Err(error) => println!("  Start     no link to make the owner's account: {error:#}"),
            }
        } else {
            println!(
                "  Start     run `landbridge account invite --owner` for a link that makes the owner's account"
            );
        }
    }
    if house.instance.fresh_root_key {
        if terminal && !identity.is_trial() {
            println!("\n{}", root_key::sheet(&house.instance.root_key, identity));
        } else {
            println!(
                "  Root key  made; without it private content is lost. For paper: landbridge account recovery-sheet"
            );
        }
    }
    println!();
    Ok(())
}

/// A link that works once and makes the owner's account.
pub async fn owner_link(hub: &Hub) -> anyhow::Result<String> {
    let once = Once { purpose: "setup".into(), member: None, facts: serde_json::json!({ "role": "owner" }) };
    let secret = hub.once(once, OWNER_LINK).await?;
    Ok(hub.config().url(&format!("/setup/{secret}")))
}

/// Every connection is an open file, and the usual soft limit of 1024 is soon reached.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}
