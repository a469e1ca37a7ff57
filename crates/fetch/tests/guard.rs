//! The guard against a real socket: redirects, oversized and compressed bodies, slow peers, TLS.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use landbridge_fetch::{Error, Fetcher, Loopback, Policy, Refusal, Retry};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// Answers every request with what `answer` makes of its head; returns the port.
async fn serve(answer: impl Fn(String) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 8192];
                let n = socket.read(&mut head).await.unwrap_or(0);
                let reply = answer(String::from_utf8_lossy(&head[..n]).into_owned());
                let _ = socket.write_all(&reply).await;
                let _ = socket.shutdown().await;
            });
        }
    });
    port
}

fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())
        .into_bytes();
    out.extend_from_slice(body);
    out
}

fn fetcher(loopback: Loopback) -> Fetcher {
    let policy = Policy { loopback, timeout: Duration::from_secs(2), ..Policy::trial("landbridge-test") };
    Fetcher::new(policy).unwrap()
}

fn url(port: u16, path: &str) -> Url {
    Url::parse(&format!("http://peer.test:{port}{path}")).unwrap()
}

#[tokio::test]
async fn trial_names_resolve_in_process_and_the_agent_is_sent() {
    let port = serve(|head| reply("200 OK", head.as_bytes())).await;
    let got = fetcher(Loopback::Only).get(&url(port, "/x"), HeaderMap::new(), 10_000).await.unwrap();
    let echoed = String::from_utf8(got.body.to_vec()).unwrap().to_lowercase();
    assert!(echoed.contains(&format!("host: peer.test:{port}")), "{echoed}");
    assert!(echoed.contains("user-agent: landbridge-test"), "{echoed}");
}

#[tokio::test]
async fn a_redirect_into_private_networks_is_refused() {
    for target in
        ["http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:127.0.0.1]/", "file:///etc/passwd"]
    {
        let port = serve(move |_| reply(&format!("302 Found\r\nLocation: {target}"), b"")).await;
        let error = fetcher(Loopback::Allowed).get(&url(port, "/"), HeaderMap::new(), 100).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{target}: {error}");
        assert_eq!(error.retry(), Retry::Never);
    }
}

#[tokio::test]
async fn a_beginning_is_enough_where_it_is_asked_for() {
    let port = serve(|_| reply("200 OK", &b"abc".repeat(100_000))).await;
    let fetcher = fetcher(Loopback::Only);
    let begun = fetcher.get_beginning(&url(port, "/"), HeaderMap::new(), 1000).await.unwrap();
    assert_eq!(begun.body, b"abc".repeat(334)[..1000]);
    let whole = fetcher.get_beginning(&url(port, "/"), HeaderMap::new(), 1 << 20).await.unwrap();
    assert_eq!(whole.body.len(), 300_000);
    assert!(matches!(
        fetcher.get(&url(port, "/"), HeaderMap::new(), 1000).await,
        Err(Error::TooLarge { limit: 1000 })
    ));
}

#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    // The machine's own name resolves through the system to an address that is not public.
    let public = Fetcher::new(Policy { https_only: false, ..Policy::public("t") }).unwrap();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let Ok(url) = Url::parse(&format!("http://{}/", name.trim())) else { return };
    let error = public.get(&url, HeaderMap::new(), 100).await.unwrap_err();
    assert!(matches!(error, Error::Refused(Refusal::Address(_)) | Error::Unresolved(_)), "{error}");
}

#[tokio::test]
async fn every_hop_is_signed_and_loops_end() {
    let port = serve(|_| reply("302 Found\r\nLocation: /again", b"")).await;
    let signed = Arc::new(Mutex::new(Vec::new()));
    let log = signed.clone();
    let sign = move |hop: &Url| {
        log.lock().unwrap().push(hop.path().to_owned());
        HeaderMap::from_iter([(http::header::ACCEPT, HeaderValue::from_static("text/plain"))])
    };
    let result =
        fetcher(Loopback::Only).send(Method::GET, &url(port, "/first"), Bytes::new(), 10, sign).await;
    assert!(matches!(result, Err(Error::TooManyRedirects)));
    assert_eq!(signed.lock().unwrap().len(), 6);
    assert_eq!(signed.lock().unwrap()[..2], ["/first", "/again"]);
}

#[tokio::test]
async fn a_post_is_not_turned_into_a_get() {
    let port = serve(|head| match head.starts_with("POST /new") {
        true => reply("202 Accepted", b""),
        false if head.starts_with("POST /moved") => reply("308 Permanent Redirect\r\nLocation: /new", b""),
        false => reply("302 Found\r\nLocation: /new", b""),
    })
    .await;
    let fetcher = fetcher(Loopback::Only);
    let post =
        async |path| fetcher.post(&url(port, path), HeaderMap::new(), Bytes::from_static(b"{}"), 10).await;
    assert_eq!(post("/moved").await.unwrap().status, 202);
    assert_eq!(post("/other").await.unwrap().status, 302);
}

#[tokio::test]
async fn secrets_do_not_follow_a_redirect_to_another_origin() {
    let elsewhere = serve(|head| reply("200 OK", head.as_bytes())).await;
    let home =
        serve(move |_| reply(&format!("302 Found\r\nLocation: http://other.test:{elsewhere}/"), b"")).await;
    let headers =
        HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"))]);
    let got = fetcher(Loopback::Only).get(&url(home, "/"), headers, 10_000).await.unwrap();
    assert!(!String::from_utf8_lossy(&got.body).contains("s3cret"));
}

#[tokio::test]
async fn bodies_are_bounded_also_after_decompression() {
    let plain = serve(|_| reply("200 OK", &[b'x'; 5000])).await;
    let error = fetcher(Loopback::Only).get(&url(plain, "/"), HeaderMap::new(), 4999).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 4999 }));

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 100_000);
    let port = serve(move |_| reply("200 OK\r\nContent-Encoding: gzip", &bomb)).await;
    let error = fetcher(Loopback::Only).get(&url(port, "/"), HeaderMap::new(), 1 << 20).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_body_comes_piece_by_piece_and_is_bounded() {
    let port = serve(|head| match head.starts_with("GET /moved") {
        true => reply("302 Found\r\nLocation: /there", b""),
        false => reply("200 OK\r\nContent-Type: Text/Plain; charset=utf-8", &[b'x'; 300_000]),
    })
    .await;
    let fetcher = fetcher(Loopback::Only);
    let begin = async |path, most| {
        fetcher.begin(Method::GET, &url(port, path), Bytes::new(), most, |_| HeaderMap::new()).await
    };
    let mut answer = begin("/moved", 300_000).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.url.path()), (200, "/there"));
    assert_eq!(answer.media_type().as_deref(), Some("text/plain"));
    let (mut pieces, mut bytes) = (0, 0);
    while let Some(piece) = answer.piece().await.unwrap() {
        (pieces, bytes) = (pieces + 1, bytes + piece.len());
    }
    assert!(pieces > 1 && bytes == 300_000, "{pieces}");
    assert_eq!(begin("/there", 300_000).await.unwrap().whole().await.unwrap().body.len(), 300_000);
    // What is announced, and what comes unannounced.
    assert!(matches!(begin("/there", 299_999).await.unwrap_err(), Error::TooLarge { .. }));
    let silent =
        serve(|_| [&b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"[..], &[b'x'; 5000]].concat()).await;
    let silent = url(silent, "/");
    let asked = fetcher.begin(Method::GET, &silent, Bytes::new(), 4999, |_| HeaderMap::new());
    assert!(matches!(asked.await.unwrap().whole().await, Err(Error::TooLarge { .. })));
    let private = Url::parse("http://10.0.0.1/").unwrap();
    let refused = fetcher.begin(Method::GET, &private, Bytes::new(), 10, |_| HeaderMap::new()).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
}

#[tokio::test]
async fn silence_times_out_and_a_closed_port_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let policy = Policy { timeout: Duration::from_millis(200), ..Policy::trial("t") };
    let fetcher = Fetcher::new(policy).unwrap();
    let error = fetcher.get(&url(port, "/"), HeaderMap::new(), 10).await.unwrap_err();
    assert!(matches!(error, Error::Timeout), "{error}");
    drop(listener);
    let error = fetcher.get(&url(port, "/"), HeaderMap::new(), 10).await.unwrap_err();
    assert!(matches!(error, Error::Connect(_)), "{error}");
    assert_eq!(error.retry(), Retry::Later);
}

#[tokio::test]
async fn tls_needs_a_trusted_authority() {
    let made = rcgen::generate_simple_self_signed(vec!["peer.test".into()]).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![made.cert.der().clone()],
                made.signing_key.serialize_der().try_into().unwrap(),
            )
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut tls) = acceptor.accept(socket).await else { continue };
            let _ = tls.read(&mut [0; 4096]).await;
            let _ = tls.write_all(&reply("200 OK", b"secret")).await;
            let _ = tls.shutdown().await;
        }
    });
    let url = Url::parse(&format!("https://peer.test:{port}/")).unwrap();
    let error = fetcher(Loopback::Only).get(&url, HeaderMap::new(), 10).await.unwrap_err();
    assert!(matches!(error, Error::Tls(_)), "{error}");

    let policy = Policy { extra_ca_pem: Some(made.cert.pem().into_bytes()), ..Policy::trial("t") };
    let trusting = Fetcher::new(policy).unwrap();
    assert_eq!(trusting.get(&url, HeaderMap::new(), 10).await.unwrap().body, "secret");
    let mut stream = trusting.connect(&url).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text).await;
    assert!(text.ends_with("secret"), "{text}");
}
