//! TLS with certificates that may change while running: from files, or from an ACME authority ([`super::acme`]).

use anyhow::{Context, bail};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use super::acme::Acme;

/// How often certificate files are looked at; SIGHUP looks at once.
const LOOK: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub enum Tls {
    Files(Arc<Files>),
    Acme(Arc<Acme>),
}

impl Tls {
    /// `None` when the connection was the authority checking a challenge, and is done.
    pub async fn handshake(&self, socket: TcpStream) -> anyhow::Result<Option<TlsStream<TcpStream>>> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), socket).await?;
        match self {
            Self::Files(files) => Ok(Some(start.into_stream(files.current()).await?)),
            Self::Acme(acme) => acme_handshake(acme, start).await,
        }
    }
}

async fn acme_handshake(
    acme: &Arc<Acme>,
    start: StartHandshake<TcpStream>,
) -> anyhow::Result<Option<TlsStream<TcpStream>>> {
    let hello = start.client_hello();
    let name = hello.server_name().context("no server name was asked for")?.to_ascii_lowercase();
    let checking =
        hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == super::acme::ALPN));
    if checking {
        let config = acme.challenge(&name).context("no challenge runs for this name")?;
        start.into_stream(config).await?;
        return Ok(None);
    }
    let config = acme.certificate(&name).await.with_context(|| format!("no certificate for {name}"))?;
    Ok(Some(start.into_stream(config).await?))
}

/// What a certificate and its key serve.
pub fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A certificate in files, read again when they change.
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl Files {
    /// Reads the files and keeps looking at them as long as the process runs.
    pub fn watch(certificate: PathBuf, key: PathBuf) -> anyhow::Result<Arc<Self>> {
        let current = RwLock::new(read(&certificate, &key)?);
        let files = Arc::new(Self { certificate, key, current });
        tokio::spawn(files.clone().look());
        Ok(files)
    }

    fn current(&self) -> Arc<ServerConfig> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn look(self: Arc<Self>) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
        let mut seen = self.stamp();
        loop {
            let asked = tokio::select! {
                _ = hangup.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let stamp = self.stamp();
            if !asked && stamp == seen {
                continue;
            }
            match read(&self.certificate, &self.key) {
                Ok(config) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
                    seen = stamp;
                    tracing::info!("the TLS certificate was read again");
                }
                // Seen halfway through a renewal, perhaps: the old one serves on, and the next look tries again.
                Err(error) => tracing::warn!(%error, "the new TLS certificate cannot be used"),
            }
        }
    }

    fn stamp(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok())
    }
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let chain = read_chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read {}", key.display()))?;
    server_config(chain, key).context("the TLS certificate and key do not belong together")
}

/// Whether certificate and key belong together; the moment the certificate ends.
pub fn inspect(certificate: &Path, key: &Path) -> anyhow::Result<SystemTime> {
    read(certificate, key)?;
    let chain = read_chain(certificate)?;
    let leaf = chain.first().context("no certificate")?;
    Ok(super::acme::validity(leaf)?.1)
}

/// The certificates of a PEM file, leaf first.
fn read_chain(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let certificates =
        CertificateDer::pem_file_iter(path).with_context(|| format!("cannot read {}", path.display()))?;
    let chain = certificates.collect::<Result<Vec<_>, _>>().with_context(|| format!("{}", path.display()))?;
    if chain.is_empty() {
        bail!("{} holds no certificate", path.display());
    }
    Ok(chain)
}
