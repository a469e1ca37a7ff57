//! Certificates from an ACME authority (RFC 8555), each ordered when its name is first asked for and only for names
//! that exist here, or, with a DNS hook, one wildcard certificate for the origin's host.
//!
//! The authority checks a name by HTTP-01 when we listen on plain HTTP, by TLS-ALPN-01 (RFC 8737) when we do not,
//! and a wildcard by DNS-01 through the operator's hook.

mod order;
#[cfg(test)]
mod tests;
mod vault;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use http::{StatusCode, Uri};
use landbridge_cache::Cache;
use rustls::ServerConfig;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

use crate::config;
use vault::{Certificate, Vault};

pub use vault::validity;

/// The protocol that a TLS-ALPN-01 check asks for.
pub const ALPN: &[u8] = b"acme-tls/1";
/// Names whose order failed wait this long before the next, so that authorities do not lock us out.
const AFTER_FAILURE: Duration = Duration::from_secs(10 * 60);
/// How often certificates are looked over for renewal.
const LOOK: Duration = Duration::from_secs(3600);

pub struct Acme {
    settings: config::Tls,
    /// The origin's host: the name a wildcard is under.
    host: String,
    names: HashSet<String>,
    /// Whether a further name exists here: somebody's handle.
    exists: Exists,
    origin: Url,
    /// Whether plain HTTP is listened on, so that HTTP-01 works.
    plain_http: bool,
    vault: Vault,
    /// By the certificate's first name.
    live: Cache<String, Result<Arc<Certificate>, Arc<anyhow::Error>>>,
    failed: Cache<String, ()>,
    answers: Mutex<Answers>,
}

/// See [`Acme::start`].
pub type Exists = Box<dyn Fn(String) -> BoxFuture<'static, bool> + Send + Sync>;

/// What running challenges are answered with.
#[derive(Default)]
struct Answers {
    http: HashMap<String, String>,
    alpn: HashMap<String, Arc<ServerConfig>>,
}

impl Acme {
    /// `names` are names that exist here; `exists` is asked about others.
    pub fn start(
        settings: config::Tls,
        origin: Url,
        names: impl Iterator<Item = String>,
        exists: Exists,
        plain_http: bool,
        data_dir: &std::path::Path,
    ) -> anyhow::Result<Arc<Self>> {
        let acme = Arc::new(Self {
            host: origin.host_str().unwrap_or_default().to_owned(),
            names: names.collect(),
            exists,
            origin,
            settings,
            plain_http,
            vault: Vault::open(data_dir)?,
            live: Cache::new(10_000),
            failed: Cache::living(10_000, AFTER_FAILURE),
            answers: Mutex::default(),
        });
        tokio::spawn(acme.clone().keep_fresh());
        Ok(acme)
    }

    /// The certificate for a name that exists here; ordered now when there is none yet.
    pub async fn certificate(self: &Arc<Self>, name: &str) -> Option<Arc<ServerConfig>> {
        let subject = match self.subject(name) {
            Some(subject) => subject,
            None if (self.exists)(name.to_owned()).await => name.to_owned(),
            None => return None,
        };
        match self.live.get(&subject) {
            Some(Ok(certificate)) if !certificate.is_over() => return Some(certificate.config.clone()),
            // Nobody could renew it in time.
            Some(Ok(_)) => drop(self.live.remove(&subject)),
            _ => {}
        }
        if self.failed.contains(&subject) {
            return None;
        }
        // A task of its own: an order takes longer than a visitor waits, and must take its answers back in the end.
        tokio::spawn(self.clone().obtain_once(subject)).await.ok().flatten()
    }

    /// One order at a time for each name: whoever comes meanwhile waits for the same one.
    async fn obtain_once(self: Arc<Self>, subject: String) -> Option<Arc<ServerConfig>> {
        let obtained =
            self.live.try_get_with(&subject, async { self.obtain(&subject).await.map_err(Arc::new) }).await;
        match obtained {
            Ok(certificate) => Some(certificate.config.clone()),
            Err(error) => {
                tracing::warn!(name = subject, error = format!("{error:#}"), "no certificate could be had");
                self.failed.insert(subject, ());
                None
            }
        }
    }

    /// What a TLS-ALPN-01 check of `name` is answered with.
    pub fn challenge(&self, name: &str) -> Option<Arc<ServerConfig>> {
        self.answers().alpn.get(name).cloned()
    }

    /// What plain HTTP serves: HTTP-01 answers, and the way to HTTPS for everybody else.
    pub fn plain_routes(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/acme-challenge/{token}", get(http_answer).with_state(self.clone()))
            .merge(redirect_routes(&self.origin))
    }

    /// The name that the certificate for `name` is filed under; `None` when that name is not known beforehand.
    fn subject(&self, name: &str) -> Option<String> {
        let below = name.strip_suffix(&self.host).and_then(|rest| rest.strip_suffix('.'));
        let wildcard = self.settings.dns_hook.is_some() && below.is_some_and(|label| !label.contains('.'));
        if wildcard {
            return Some(self.host.clone());
        }
        self.names.contains(name).then(|| name.to_owned())
    }

    /// The kept one as long as it holds, however little is left: the authority may be away, and it is renewed while it
    /// serves.
    async fn obtain(&self, subject: &str) -> anyhow::Result<Arc<Certificate>> {
        if let Some(kept) = self.vault.load(subject)?
            && !kept.is_over()
        {
            return Ok(Arc::new(kept));
        }
        self.order_and_keep(subject).await
    }

    async fn order_and_keep(&self, subject: &str) -> anyhow::Result<Arc<Certificate>> {
        tracing::info!(name = subject, "ordering a certificate");
        let pem = order::run(self, subject).await?;
        let certificate = self.vault.keep(subject, &pem)?;
        tracing::info!(name = subject, "a certificate was issued");
        Ok(Arc::new(certificate))
    }

    async fn keep_fresh(self: Arc<Self>) {
        loop {
            // The name everyone asks for is had before anyone asks, and tried again when it could not be had.
            self.certificate(&self.host).await;
            self.renew_what_is_due().await;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The old certificate serves until the new one is there.
    async fn renew_what_is_due(&self) {
        for (subject, certificate) in self.live.all() {
            let Ok(certificate) = certificate else { continue };
            if !certificate.is_due() || self.failed.contains(&subject) {
                continue;
            }
            match self.order_and_keep(&subject).await {
                Ok(fresh) => self.live.insert(subject, Ok(fresh)),
                Err(error) => {
                    tracing::warn!(name = subject, error = format!("{error:#}"), "a renewal failed");
                    self.failed.insert(subject, ());
                }
            }
        }
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Plain HTTP beside TLS from files: only the way to HTTPS.
pub fn redirect_routes(origin: &Url) -> Router {
    Router::new().fallback(to_https).with_state(origin.clone())
}

async fn http_answer(State(acme): State<Arc<Acme>>, UrlPath(token): UrlPath<String>) -> Response {
    match acme.answers().http.get(&token) {
        Some(answer) => answer.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn to_https(State(origin): State<Url>, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match origin.join(path) {
        Ok(url) if url.origin() == origin.origin() => Redirect::permanent(url.as_str()).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
