//! `landbridge deliveries`: what is on its way to other servers and relays.

use clap::{Args, Subcommand};
use landbridge_hub::Hub;
use landbridge_hub::outbox::DeliveryState;
use landbridge_model::Network;
use serde_json::{Value, json};

use crate::cli::Global;

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
        /// Only those for this host.
        #[arg(long)]
        host: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The hosts with which there is trouble, those with most of it first.
    Hosts {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Try again now what waits or was given up. A running server begins within half a minute.
    Retry {
        /// Only for this host.
        host: Option<String>,
    },
    /// Give up everything that waits for a host. It cannot be taken back.
    Drop { host: String },
}

impl Deliveries {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        super::with_hub(global, async |hub| {
            let name = |host: Option<String>| host.unwrap_or_default().to_lowercase();
            match self.action {
                Action::List { host, limit, json: false } => list(hub, &name(host), limit).await?,
                Action::List { host, limit, json: true } => {
                    println!("{:#}", list_as_json(hub, &name(host), limit).await?)
                }
                Action::Hosts { limit, json: false } => hosts(hub, limit).await?,
                Action::Hosts { limit, json: true } => println!("{:#}", hosts_as_json(hub, limit).await?),
                Action::Retry { host } => {
                    println!("{} to be tried again", hub.outbox_retry(&name(host)).await?)
                }
                Action::Drop { host } => {
                    println!("{} given up", hub.outbox_drop(&host.to_lowercase()).await?)
                }
            }
            Ok(())
        })
    }
}

async fn list(hub: &Hub, host: &str, limit: u32) -> anyhow::Result<()> {
    if host.is_empty() {
        for line in hub.outbox_summary().await? {
            println!("{:10} {:>8}   oldest {}", line.state.word(), line.count, line.oldest.rfc3339());
        }
    }
    for line in hub.outbox_troubles(host, limit).await? {
        let next = match line.state {
            DeliveryState::Waiting => format!(", next {}", line.next_at.rfc3339()),
            _ => String::new(),
        };
        println!(
            "{:10} {:12} {:14} {}  tried {} times{next}  {}",
            line.state.word(),
            key(line.network),
            line.act,
            line.destination,
            line.attempts,
            line.answer.unwrap_or_default()
        );
    }
    Ok(())
}

async fn list_as_json(hub: &Hub, host: &str, limit: u32) -> anyhow::Result<Value> {
    let states = hub.outbox_summary().await?.into_iter().map(
        |line| json!({ "state": line.state.word(), "count": line.count, "oldest": line.oldest.rfc3339() }),
    );
    let troubles = hub.outbox_troubles(host, limit).await?.into_iter().map(|line| {
        json!({
            "state": line.state.word(),
            "network": key(line.network),
            "act": line.act,
            "destination": line.destination,
            "attempts": line.attempts,
            "next_at": (line.state == DeliveryState::Waiting).then(|| line.next_at.rfc3339()),
            "answer": line.answer,
        })
    });
    Ok(json!({ "states": states.collect::<Vec<_>>(), "troubles": troubles.collect::<Vec<_>>() }))
}

async fn hosts(hub: &Hub, limit: u32) -> anyhow::Result<()> {
    for host in hub.outbox_hosts(limit).await? {
        let closed = host
            .closed_until
            .map(|until| format!("   left alone until {}", until.rfc3339()))
            .unwrap_or_default();
        println!(
            "{:12} {:40} {:>6} wait {:>6} failed{closed}",
            key(host.network),
            host.host,
            host.waiting,
            host.failed
        );
    }
    Ok(())
}

async fn hosts_as_json(hub: &Hub, limit: u32) -> anyhow::Result<Value> {
    let hosts = hub.outbox_hosts(limit).await?.into_iter().map(|host| {
        json!({
            "network": key(host.network),
            "host": host.host,
            "waiting": host.waiting,
            "failed": host.failed,
            "closed_until": host.closed_until.map(|until| until.rfc3339()),
        })
    });
    Ok(hosts.collect())
}

fn key(network: Option<Network>) -> &'static str {
    network.map_or("?", Network::key)
}
