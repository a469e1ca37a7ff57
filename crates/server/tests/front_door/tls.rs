//! A public server on this machine: TLS from files, HTTP/2, and a certificate changed while running.

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::house::{House, free_port, sign_in};

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

    /// Connects as a browser would, offering this protocol.
    async fn connect(&self, port: u16, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        connector.connect(ServerName::try_from(HOST).unwrap(), socket).await.unwrap()
    }
}

fn leaf(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// A public server's folder, and the port it will listen on.
fn public() -> (Authority, House, u16) {
    let port = free_port();
    let authority = Authority::new();
    let house = House::trial()
        .set("LANDBRIDGE_ORIGIN", format!("https://{HOST}"))
        .set("LANDBRIDGE_LISTEN", format!("[\"127.0.0.1:{port}\"]"))
        .set("LANDBRIDGE_TLS__MODE", "files")
        .set("LANDBRIDGE_TLS__CERTIFICATE", "tls.pem")
        .set("LANDBRIDGE_TLS__KEY", "tls.key")
        // The public directory of DIDs cannot be had here.
        .set("LANDBRIDGE_NETWORKS__ATPROTO", "off");
    authority.issue(house.folder.path());
    (authority, house, port)
}

#[tokio::test]
async fn http2_over_tls_from_files_that_change() {
    let (authority, house, port) = public();
    let server = house.up();
    assert!(server.said.contains("for @social.example"), "{}", server.said);
    // A service's output goes to a journal: no secret in it.
    assert!(!server.said.contains("/setup/"), "{}", server.said);

    let stream = authority.connect(port, b"h2").await;
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
        while leaf(&authority.connect(port, b"h2").await) == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewed).await.expect("the new certificate is not served");
}

/// What a client sends together with its upgrade lies in our buffers, where no socket announces it any more.
#[tokio::test]
async fn a_websockets_first_frame_is_read_whenever_it_comes() {
    let (authority, house, port) = public();
    let _server = house.up();
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse battery\n");
    let token = sign_in(HOST, "alice", "correct horse battery", |request, body| {
        over_tls(&authority, port, request, body)
    });
    let streaming = format!("/api/v1/streaming?access_token={}", token.await);
    for (path, text, answer) in [
        ("/relay", r#"["REQ","first",{"limit":1}]"#, "EOSE"),
        (streaming.as_str(), r#"{"type":"subscribe","stream":"nonsense"}"#, "Unknown stream"),
    ] {
        let upgrade = format!(
            "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        // A masked text frame; a mask of zeros leaves it readable.
        let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        for way in ["in one record", "in two records", "after the answer"] {
            let mut stream = authority.connect(port, b"http/1.1").await;
            let mut first = upgrade.clone().into_bytes();
            if way == "in one record" {
                first.extend_from_slice(&frame);
            }
            stream.write_all(&first).await.unwrap();
            if way == "in two records" {
                stream.write_all(&frame).await.unwrap();
            }
            stream.flush().await.unwrap();
            let mut said = Vec::new();
            let mut sent = way != "after the answer";
            let heard = async {
                while !String::from_utf8_lossy(&said).contains(answer) {
                    assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0, "{path}, {way}: closed");
                    if !sent {
                        sent = true;
                        stream.write_all(&frame).await.unwrap();
                    }
                }
            };
            let heard = tokio::time::timeout(Duration::from_secs(10), heard).await;
            assert!(heard.is_ok(), "{path}, {way}: {}", String::from_utf8_lossy(&said));
        }
    }
}

/// One request over HTTP/2.
async fn over_tls(
    authority: &Authority,
    port: u16,
    request: http::request::Builder,
    body: Bytes,
) -> Response<Bytes> {
    let stream = TokioIo::new(authority.connect(port, b"h2").await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = request.body(Full::new(body)).unwrap();
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    *request.uri_mut() = format!("https://{HOST}{path}").parse().unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}
