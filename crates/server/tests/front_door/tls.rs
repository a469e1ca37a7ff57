//! A public server on this machine: TLS from files, HTTP/2, and a certificate changed while running.

use http::{Request, StatusCode};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::house::{House, free_port};

const HOST: &str = "social.example";

struct Authority(rcgen::CertifiedIssuer<'static, rcgen::KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap())
    }

    /// Issues a certificate into `tls.pem` and `tls.key`.
    fn issue(&self, folder: &Path) {
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf =
            rcgen::CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        std::fs::write(folder.join("tls.pem"), leaf.pem()).unwrap();
        std::fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
    }

    /// Connects as a browser would, offering HTTP/2.
    async fn connect(&self, port: u16) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        connector.connect(ServerName::try_from(HOST).unwrap(), socket).await.unwrap()
    }
}

fn leaf(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn http2_over_tls_from_files_that_change() {
    let port = free_port();
    let authority = Authority::new();
    let house = House::trial()
        .set("LANDBRIDGE_ORIGIN", format!("https://{HOST}"))
        .set("LANDBRIDGE_LISTEN", format!("[\"127.0.0.1:{port}\"]"))
        .set("LANDBRIDGE_TLS__MODE", "files")
        .set("LANDBRIDGE_TLS__CERTIFICATE", "tls.pem")
        .set("LANDBRIDGE_TLS__KEY", "tls.key");
    authority.issue(house.folder.path());
    let server = house.up();
    assert!(server.said.contains("for @social.example"), "{}", server.said);
    // A service's output goes to a journal: no secret in it.
    assert!(!server.said.contains("/setup/"), "{}", server.said);

    let stream = authority.connect(port).await;
    let before = leaf(&stream);
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = |host: &str| {
        Request::get(format!("https://{host}/.well-known/nodeinfo")).body(Empty::<Bytes>::new()).unwrap()
    };
    let answer = sender.send_request(request(HOST)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers().contains_key("strict-transport-security"));
    let answer = sender.send_request(request("other.example")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);

    authority.issue(house.folder.path());
    server.signal("-HUP");
    let renewed = async {
        while leaf(&authority.connect(port).await) == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewed).await.expect("the new certificate is not served");
}
