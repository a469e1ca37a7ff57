//! TLS for peers that do not speak it, or trust only what was compiled into them: bytes are passed on, encrypted on
//! one side only.

use crate::certificates::{AUTHORITY, CERTIFICATE, KEY};
use anyhow::{Context, Result};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use std::{io, net::SocketAddr, path::Path, sync::Arc};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// For a server without TLS: listens on `outside` with the stage's certificate, forwards in the clear to `inside`.
pub async fn encrypt(stage: &Path, outside: SocketAddr, inside: SocketAddr) -> Result<()> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(stage.join(CERTIFICATE))?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(stage.join(KEY))?;
    let acceptor = TlsAcceptor::from(Arc::new(
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?,
    ));
    forward(outside, move |client| {
        let acceptor = acceptor.clone();
        async move {
            let mut client = acceptor.accept(client).await?;
            let mut server = TcpStream::connect(inside).await?;
            copy_bidirectional(&mut client, &mut server).await
        }
    })
    .await
}

/// For a client that cannot be given the stage's authority: listens in the clear on port 80 of `host`, forwards with
/// TLS to port 443.
pub async fn decrypt(stage: &Path, host: &'static str, address: [u8; 4]) -> Result<()> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(stage.join(AUTHORITY))?)?;
    let connector = TlsConnector::from(Arc::new(
        ClientConfig::builder().with_root_certificates(roots).with_no_client_auth(),
    ));
    let name = ServerName::try_from(host)?;
    forward(SocketAddr::from((address, 80)), move |mut client| {
        let (connector, name) = (connector.clone(), name.clone());
        async move {
            let server = TcpStream::connect(SocketAddr::from((address, 443))).await?;
            let mut server = connector.connect(name, server).await?;
            copy_bidirectional(&mut client, &mut server).await
        }
    })
    .await
}

/// Serves every connection to `outside` with `serve`, each in its own task.
async fn forward<F>(outside: SocketAddr, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Result<()>
where
    F: Future<Output = io::Result<(u64, u64)>> + Send + 'static,
{
    let listener = TcpListener::bind(outside).await.with_context(|| format!("a front on {outside}"))?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            // A connection that breaks is the business of its two ends.
            tokio::spawn(serve(client));
        }
    });
    Ok(())
}
