//! TLS for peers that speak only plain HTTP: takes the encryption off and passes the bytes on.

use anyhow::{Context, Result};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// Listens on `outside` with the stage's certificate and forwards every connection to `inside`.
pub async fn open(folder: &Path, outside: SocketAddr, inside: SocketAddr) -> Result<()> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(folder.join(crate::certificates::CERTIFICATE))?
            .collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join(crate::certificates::KEY))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(outside).await.with_context(|| format!("TLS front on {outside}"))?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(stream).await?;
                let mut server = TcpStream::connect(inside).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    Ok(())
}
