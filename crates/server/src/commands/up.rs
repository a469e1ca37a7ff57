//! `landbridge up`: the server.

use anyhow::Context;
use clap::Args;
use landbridge_hub::Hub;
use landbridge_hub::accounts::Once;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::assemble::{self, House};
use crate::cli::Global;
use crate::config::{Config, TlsMode};
use crate::front::{self, Hosts};
use crate::instance::identity::Identity;
use crate::instance::{Use, root_key};
use crate::listen::acme::{self, Acme};
use crate::listen::tls::{Files, Tls};
use crate::listen::{self, Behind, Door, Stop};
use crate::observe;

/// How long the link that makes the owner's account is good.
const OWNER_LINK: Duration = Duration::from_secs(24 * 3600);
/// How often what has outlived its retention rule is swept out.
const SWEEP: Duration = Duration::from_secs(3600);

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
    let house = House::open(&config, Use::Serve).await?;
    let hub = house.hub.clone();
    let doors = doors(&config, &house).await?;
    greet(&house).await?;

    let mut work = background(&hub, &stop);
    observe::supervisor::ready();
    listen::serve(doors, &config.limits, stop.clone()).await;
    observe::supervisor::stopping();
    let finishing = async { while work.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(config.limits.stop_seconds), finishing).await.is_err() {
        tracing::warn!(
            "stopping in the middle of some deliveries; they are tried again after the next start"
        );
    }
    hub.store().clone().close().await;
    Ok(())
}

/// Binds every socket, so that a taken port is an error before anything is promised.
async fn doors(config: &Config, house: &House) -> anyhow::Result<Vec<Door>> {
    let identity = &house.instance.identity;
    let hosts = Hosts::new(identity);
    let names = hosts.names().map(str::to_owned).collect::<Vec<_>>();
    let app = front::wrap(assemble::routes(&house.hub), hosts, config);
    let (tls, plain) = match config.tls.mode {
        TlsMode::Off => (None, app.clone()),
        TlsMode::Files => {
            let file = |path: &Option<_>| {
                Option::<std::path::PathBuf>::clone(path).context("tls.certificate and tls.key")
            };
            let files = Files::watch(file(&config.tls.certificate)?, file(&config.tls.key)?)?;
            (Some(Tls::Files(files)), acme::redirect_routes(&identity.origin))
        }
        TlsMode::Acme => {
            let plain_http = !config.listen_http.is_empty();
            let acme = Acme::start(
                config.tls.clone(),
                identity.origin.clone(),
                names.into_iter(),
                plain_http,
                &house.instance.dir,
            )?;
            let plain = acme.plain_routes();
            (Some(Tls::Acme(acme)), plain)
        }
    };
    let mut doors = Vec::new();
    for address in addresses(config, identity) {
        let behind = Behind { tls: tls.clone(), app: app.clone() };
        doors.push(Door { listener: bind(address).await?, behind });
    }
    for address in &config.listen_http {
        let behind = Behind { tls: None, app: plain.clone() };
        doors.push(Door { listener: bind(*address).await?, behind });
    }
    Ok(doors)
}

fn addresses(config: &Config, identity: &Identity) -> Vec<SocketAddr> {
    match (identity.is_trial(), config.listen.is_empty(), config.tls.mode) {
        (true, ..) => vec![identity.trial_address()],
        (false, false, _) => config.listen.clone(),
        (false, true, TlsMode::Off) => vec![SocketAddr::from(([127, 0, 0, 1], 8840))],
        (false, true, _) => vec![SocketAddr::from(([0; 8], 443))],
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: another program may use this port, or it needs more rights (below 1024)")
    })
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
    if house.hub.members().await?.is_empty() {
        // A service's output is kept in a journal, where a link to the owner's account has no place.
        if identity.is_trial() || terminal {
            println!("  Start     {}", owner_link(&house.hub).await?);
            println!("            This link makes the owner's account. It works once, within a day.");
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

/// Everything that runs beside the listeners, until `stop`.
fn background(hub: &Hub, stop: &Stop) -> JoinSet<()> {
    let mut work = JoinSet::new();
    work.spawn(hub.clone().run_outbox(stop.channel()));
    for translator in hub.translators() {
        work.spawn(Arc::clone(translator).run(hub.clone(), stop.channel()));
    }
    work.spawn(sweep(hub.clone(), stop.clone()));
    work
}

async fn sweep(hub: Hub, stop: Stop) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = stop.wait() => return,
        }
        match hub.sweep().await {
            Ok(0) => {}
            Ok(posts) => tracing::info!(posts, "swept out what had outlived its retention rule"),
            Err(error) => tracing::warn!(%error, "sweeping failed"),
        }
    }
}

/// Every connection is an open file, and the usual soft limit of 1024 is soon reached.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}
