//! A running server: an opened house, its listeners, and everything that works beside them.

use anyhow::Context;
use landbridge_hub::Hub;
use rustix::io::Errno;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::assemble::{self, House};
use crate::config::{Config, NetworkMode, TlsMode};
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
        house.hub.erase_again().await.context("people and messages could not be erased again")?;
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
    let pds = assemble::pds_routes(house);
    let (pds_origin, handles) = (identity.pds_origin(config)?, identity.handle_domain(config));
    let hosts = Hosts::new(identity, pds.is_some().then_some((&pds_origin, handles.as_str())));
    let names = hosts.names().map(str::to_owned).collect::<Vec<_>>();
    let app = front::wrap(assemble::routes(house), pds, hosts, &house.hub, config);
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
                house.handles(),
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
        doors.push(Door { listener: bind(address, identity).await?, behind });
    }
    for address in &config.listen_http {
        let behind = Behind { tls: None, app: plain.clone() };
        doors.push(Door { listener: bind(*address, identity).await?, behind });
    }
    Ok(doors)
}

fn addresses(config: &Config, identity: &Identity) -> Vec<SocketAddr> {
    match (identity.is_trial(), config.listen.is_empty(), config.tls.mode) {
        (true, ..) if config.networks.atproto == NetworkMode::Off => vec![identity.trial_address()],
        (true, ..) => vec![identity.trial_address(), identity.trial_pds_address()],
        (false, false, _) => config.listen.clone(),
        (false, true, TlsMode::Off) => vec![SocketAddr::from(([127, 0, 0, 1], 8840))],
        (false, true, _) => vec![SocketAddr::from(([0; 8], 443))],
    }
}

/// `[::]` takes IPv4 as well; a machine without IPv6 listens on IPv4 alone.
pub async fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(error)
            if error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
                && address.ip().is_unspecified() =>
        {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        bound => bound,
    }
}

async fn bind(address: SocketAddr, identity: &Identity) -> anyhow::Result<TcpListener> {
    listen_on(address).await.map_err(|error| {
        anyhow::anyhow!("cannot listen on {address}: {}", explain(&error, address, identity))
    })
}

/// What is in the way, and what to do about it.
fn explain(error: &io::Error, address: SocketAddr, identity: &Identity) -> String {
    let port = address.port();
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let otherwise = match identity.is_trial() {
                true => {
                    "begin another trial with --data-dir FOLDER: this one keeps its port, which stands in its addresses"
                }
                false => "change `listen` in the configuration",
            };
            format!(
                "another program uses port {port} (`ss -ltnp 'sport = :{port}'` shows which). Stop it, or {otherwise}"
            )
        }
        io::ErrorKind::PermissionDenied => format!(
            "this user may not use port {port}. Let the Debian package's service do it, or allow this program to \
             (`sudo setcap cap_net_bind_service=+ep` and its path), or put a proxy in front"
        ),
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: correct `listen` in the configuration".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Everything that runs beside the listeners, until `stop`.
fn background(hub: &Hub, stop: &Stop) -> JoinSet<()> {
    let mut work = JoinSet::new();
    work.spawn(hub.clone().run_outbox(stop.channel()));
    work.spawn(hub.clone().run_housekeeping(stop.channel()));
    work.spawn(landbridge_mastodon::run_push(hub.clone(), stop.channel()));
    for translator in hub.translators() {
        work.spawn(Arc::clone(translator).run(hub.clone(), stop.channel()));
    }
    work
}
