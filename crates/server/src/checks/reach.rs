//! Whether our own name leads to us, as others would come.

use axum::Router;
use axum::routing::get;
use http::HeaderMap;
use landbridge_fetch::Fetcher;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use url::Url;

use super::Finding;
use crate::config::{Config, TlsMode};
use crate::instance::identity::Identity;

const PORTS: &str =
    "open ports 443 and 80 in the firewall and, at home, forward them in the router to this machine";

/// Asks our running server through its public name: DNS, port, certificate and proxy in one.
pub async fn running(config: &Config, fetcher: &Fetcher, identity: &Identity) -> Vec<Finding> {
    let about = "reachability";
    let Ok(url) = identity.origin.join("/.well-known/nodeinfo") else { return Vec::new() };
    vec![match fetcher.get(&url, HeaderMap::new(), 64 << 10).await {
        Err(error) => Finding::problem(
            about,
            format!("{url} cannot be reached: {error}"),
            match config.tls.mode {
                TlsMode::Off => {
                    format!("if it speaks of TLS, it is the proxy's certificate; otherwise {PORTS}")
                }
                _ => format!("if it speaks of TLS, see TLS above; otherwise {PORTS}"),
            },
        ),
        Ok(answer) if answer.status == http::StatusCode::MISDIRECTED_REQUEST => Finding::problem(
            about,
            "the proxy in front hides the name that was asked for",
            "let it pass the Host header on unchanged",
        ),
        Ok(answer) if serde_json::from_slice::<serde_json::Value>(&answer.body).is_err() => Finding::problem(
            about,
            format!("something else answers at {url}"),
            "the name leads to another web server: see DNS, or the proxy's configuration",
        ),
        Ok(_) => Finding::good(about, format!("{} answers", identity.origin.as_str().trim_end_matches('/'))),
    }]
}

/// Before the first start: answers on the ports itself for a moment, and asks through the public name.
pub async fn stand_in(plain: &Option<Fetcher>, config: &Config, identity: &Identity) -> Vec<Finding> {
    let about = "reachability";
    let host = identity.origin.host_str().unwrap_or_default();
    if config.tls.mode == TlsMode::Off {
        return vec![Finding::note(
            about,
            "a proxy will be in front, so this can only be seen when the server runs",
            "start the server, then run `landbridge doctor`",
        )];
    }
    let mut findings = Vec::new();
    for port in [443, 80] {
        match crate::node::listen_on(SocketAddr::from(([0; 8], port))).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                findings.push(Finding::problem(about, format!("port {port} is taken by another program"), "stop it, or put it in front as a proxy (`--behind-proxy`)"));
            }
            Err(error) => findings.push(Finding::note(
                about,
                format!("this user may not listen on port {port}: {error}"),
                "the Debian package's service may; otherwise allow it: setcap cap_net_bind_service=+ep landbridge",
            )),
            Ok(listener) => {
                if let Some(fetcher) = plain {
                    findings.push(ask_stand_in(fetcher, listener, host, port).await);
                }
            }
        }
    }
    findings
}

async fn ask_stand_in(fetcher: &Fetcher, listener: TcpListener, host: &str, port: u16) -> Finding {
    let nonce = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos()).to_string();
    let (path, answer) = (format!("/{nonce}"), nonce.clone());
    let app = Router::new().route(&path, get(|| async move { answer }));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let url = Url::parse(&format!("http://{host}:{port}{path}"));
    let asked = match &url {
        Ok(url) => fetcher.get(url, HeaderMap::new(), 1024).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    serving.abort();
    let about = "reachability";
    match asked {
        Ok(answer) if answer.body == nonce.as_bytes() => {
            Finding::good(about, format!("{host}, port {port}, leads here"))
        }
        Ok(_) => Finding::problem(
            about,
            format!("{host}, port {port}, leads to another web server"),
            "see DNS above: the address must be this machine's",
        ),
        Err(error) => Finding::note(
            about,
            format!("{host}, port {port}, could not be reached from here: {error}"),
            format!("some routers do not lead back home, then this means nothing; otherwise {PORTS}"),
        ),
    }
}
