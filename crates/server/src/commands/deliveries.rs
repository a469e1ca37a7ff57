//! `landbridge deliveries`: what is on its way to other servers and relays.

use clap::{Args, Subcommand};
use landbridge_hub::Hub;

use crate::assemble::House;
use crate::cli::Global;
use crate::instance::Use;
use crate::observe;

/// Show what is on its way to other servers and relays, what waits, and what failed.
///
/// A delivery is tried for days, ever more rarely. Members see where each of their own posts went in their app.
#[derive(Args)]
pub struct Deliveries {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// How many are in which state, and the latest that wait after a failure or failed.
    List {
        /// At most so many lines.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Try again now what waits or was given up. A running server begins within seconds.
    Retry {
        /// Only for this host.
        host: Option<String>,
    },
    /// Give up everything that waits for a host. It cannot be taken back.
    Drop { host: String },
}

impl Deliveries {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        super::block_on(async move {
            let house = House::open(&config, Use::Command).await?;
            match self.action {
                Action::List { limit } => list(&house.hub, limit).await?,
                Action::Retry { host } => {
                    house.hub.outbox_retry(&host.unwrap_or_default().to_lowercase()).await?
                }
                Action::Drop { host } => house.hub.outbox_drop(&host.to_lowercase()).await?,
            }
            house.hub.store().clone().close().await;
            Ok(())
        })
    }
}

async fn list(hub: &Hub, limit: u32) -> anyhow::Result<()> {
    for line in hub.outbox_summary().await? {
        println!("{:10} {:>8}   oldest {}", line.state.word(), line.count, line.oldest.rfc3339());
    }
    for line in hub.outbox_troubles(limit).await? {
        let network = line.network.map_or("?", |network| network.key());
        println!(
            "{:10} {:12} {:14} {}  tried {} times, next {}  {}",
            line.state.word(),
            network,
            line.act,
            line.destination,
            line.attempts,
            line.next_at.rfc3339(),
            line.answer.unwrap_or_default()
        );
    }
    Ok(())
}
