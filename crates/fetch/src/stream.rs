//! A guarded raw connection, for protocols that are not request and answer (WebSocket clients).

use crate::{Error, Fetcher, client::count, resolve::resolve};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::{Host, Url};

/// TCP, or TLS over TCP.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Fetcher {
    /// Connects to the host of `url`: plain for `ws` and `http`, TLS for `wss` and `https`. The same rules hold as
    /// for a request, and the policy's timeout covers connecting and the TLS handshake.
    pub async fn connect(&self, url: &Url) -> Result<Box<dyn Stream>, Error> {
        let connecting = tokio::time::timeout(self.policy().timeout, self.connect_unbounded(url));
        let connected = connecting.await.map_err(|_| Error::Timeout).flatten();
        count(&connected);
        connected
    }

    async fn connect_unbounded(&self, url: &Url) -> Result<Box<dyn Stream>, Error> {
        self.policy().check_url(url)?;
        let tls = matches!(url.scheme(), "https" | "wss");
        let port = url.port_or_known_default().unwrap_or(if tls { 443 } else { 80 });
        let (host, addresses) = match url.host() {
            Some(Host::Ipv4(ip)) => (ip.to_string(), vec![(ip, port).into()]),
            Some(Host::Ipv6(ip)) => (ip.to_string(), vec![(ip, port).into()]),
            Some(Host::Domain(name)) => (name.to_owned(), resolve(self.policy(), name, port).await?),
            None => return Err(Error::Unresolved(String::new())),
        };
        let tcp = TcpStream::connect(&*addresses).await.map_err(|e| Error::Connect(e.to_string()))?;
        tcp.set_nodelay(true).map_err(|e| Error::Connect(e.to_string()))?;
        if !tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host).map_err(|e| Error::Tls(e.to_string()))?;
        let stream = self.tls().connect(name, tcp).await.map_err(|e| Error::Tls(e.to_string()))?;
        Ok(Box::new(stream))
    }
}
