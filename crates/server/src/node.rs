//! A running server: an opened house, its listeners, and everything that works beside them.

use anyhow::Context;
use landbridge_hub::Hub;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::assemble::{self, House};
use crate::config::{Config, TlsMode};
use crate::front::{self, Hosts};
use crate::instance::Use;
use crate::instance::identity::Identity;
use crate::listen::acme::{self, Acme};
use crate::listen::tls::{Files, Tls};
use crate::listen::{self, Behind, Door, Stop};

/// A server that is ready to answer: its sockets are bound.
pub struct Node {
    pub house: House,
    config: Config,
    doors: Vec<Door>,
}

impl Node {
    /// Opens the data folder and binds the sockets; nobody is answered yet.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let house = House::open(&config, Use::Serve).await?;
        house.hub.erase_again().await.context("people could not be erased again")?;
        let doors = doors(&config, &house).await?;
        Ok(Self { house, config, doors })
    }

    /// Answers until `stop`, then finishes what was begun.
    pub async fn run(self, stop: Stop) {
        let hub = &self.house.hub;
        let mut work = background(hub, &stop);
        listen::serve(self.doors, &self.config.limits, stop).await;
        let finishing = async { while work.join_next().await.is_some() {} };
        let patience = Duration::from_secs(self.config.limits.stop_seconds);
        if tokio::time::timeout(patience, finishing).await.is_err() {
            tracing::warn!(
                "stopping in the middle of some deliveries; they are tried again after the next start"
            );
        }
        hub.store().clone().close().await;
    }
}

/// Binds every socket, so that a taken port is an error before anything is promised.
async fn doors(config: &Config, house: &House) -> anyhow::Result<Vec<Door>> {
    let identity = &house.instance.identity;
    let hosts = Hosts::new(identity);
    let names = hosts.names().map(str::to_owned).collect::<Vec<_>>();
    let app = front::wrap(assemble::routes(house), hosts, &house.hub, config);
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

/// Everything that runs beside the listeners, until `stop`.
fn background(hub: &Hub, stop: &Stop) -> JoinSet<()> {
    let mut work = JoinSet::new();
    work.spawn(hub.clone().run_outbox(stop.channel()));
    work.spawn(hub.clone().run_housekeeping(stop.channel()));
    for translator in hub.translators() {
        work.spawn(Arc::clone(translator).run(hub.clone(), stop.channel()));
    }
    work
}
