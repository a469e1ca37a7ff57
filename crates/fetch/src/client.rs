//! Requests and answers.

use crate::{Error, Policy, resolve::Resolver, tls, txt::Names};
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsConnector;
use url::Url;

/// Hops followed before giving up; a chain longer than this is a loop or a joke.
const MAX_REDIRECTS: usize = 5;

/// For a body that is handed on piece by piece, to somebody who may be slow.
const LONGEST_BODY: Duration = Duration::from_secs(600);

/// Makes requests under one [`Policy`], with one pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
}

struct Inner {
    policy: Arc<Policy>,
    http: reqwest::Client,
    /// For raw streams: no ALPN, unlike the HTTP client's.
    tls: TlsConnector,
    names: Names,
}

/// How many bytes of a body are taken, and what becomes of a longer one.
#[derive(Clone, Copy)]
enum Most {
    /// It is an error.
    Whole(usize),
    /// It is cut.
    Beginning(usize),
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Decompressed.
    pub body: Bytes,
    /// Where the answer came from, after redirects.
    pub url: Url,
}

/// The head of an answer, whatever its status; the body has yet to come.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it comes from, after redirects.
    pub url: Url,
    body: reqwest::Response,
    /// Bytes of the body that are allowed, and how many of them may still come.
    limit: usize,
    left: usize,
    /// For one piece.
    patience: Duration,
}

impl Response {
    /// The media type, lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        media_type(&self.headers)
    }

    /// `Retry-After` in seconds (RFC 9110, 10.2.3); the date form is not read.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
        value.trim().parse().ok().map(Duration::from_secs)
    }
}

impl Fetcher {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes a client")]
    pub fn new(policy: Policy) -> Result<Self, Error> {
        let policy = Arc::new(policy);
        let config = tls::client_config(&policy)?;
        let mut http_config = config.clone();
        http_config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(http_config)
            .dns_resolver(Resolver(policy.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .gzip(true)
            .user_agent(&policy.user_agent)
            .connect_timeout(policy.timeout.min(Duration::from_secs(10)))
            .timeout(policy.timeout)
            .pool_max_idle_per_host(8)
            .pool_idle_timeout(Duration::from_secs(60))
            .build()
            .map_err(Error::from_reqwest)?;
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { inner: Arc::new(Inner { policy, http, tls, names: Names::default() }) })
    }

    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    pub(crate) fn names(&self) -> &Names {
        &self.inner.names
    }

    pub(crate) fn tls(&self) -> &TlsConnector {
        &self.inner.tls
    }

    /// GET with the same headers on every hop; credentials are dropped when a redirect leaves the origin.
    pub async fn get(&self, url: &Url, headers: HeaderMap, max_bytes: usize) -> Result<Response, Error> {
        let origin = url.origin();
        let headers = move |hop: &Url| keep_secrets_home(&headers, hop.origin() == origin);
        self.send(Method::GET, url, Bytes::new(), max_bytes, headers).await
    }

    /// GET of what may go on for long: the beginning of the body, at most `max_bytes` of it.
    pub async fn get_beginning(
        &self,
        url: &Url,
        headers: HeaderMap,
        max_bytes: usize,
    ) -> Result<Response, Error> {
        let origin = url.origin();
        let headers = move |hop: &Url| keep_secrets_home(&headers, hop.origin() == origin);
        self.exchange(Method::GET, url, Bytes::new(), Most::Beginning(max_bytes), headers).await
    }

    /// POST. Only 307 and 308 are followed, with the body; any other redirect is returned as the answer.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        max_bytes: usize,
    ) -> Result<Response, Error> {
        let origin = url.origin();
        let headers = move |hop: &Url| keep_secrets_home(&headers, hop.origin() == origin);
        self.send(Method::POST, url, body, max_bytes, headers).await
    }

    /// Sends with `sign` called afresh for every hop, so that a signature over host and path is always right.
    /// Redirects are followed by hand, each hop judged like a first request. `max_bytes` bounds the decompressed
    /// answer.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        body: Bytes,
        max_bytes: usize,
        sign: impl Fn(&Url) -> HeaderMap + Send,
    ) -> Result<Response, Error> {
        self.exchange(method, url, body, Most::Whole(max_bytes), sign).await
    }

    async fn exchange(
        &self,
        method: Method,
        url: &Url,
        body: Bytes,
        most: Most,
        sign: impl Fn(&Url) -> HeaderMap + Send,
    ) -> Result<Response, Error> {
        let exchange = async {
            let (mut answer, url) = self.follow(&method, url, &body, None, sign).await?;
            let body = read_bounded(&mut answer, most).await?;
            let headers = std::mem::take(answer.headers_mut());
            Ok(Response { status: answer.status(), headers, body, url })
        };
        let answer =
            tokio::time::timeout(self.policy().timeout, exchange).await.map_err(|_| Error::Timeout).flatten();
        count(&answer);
        answer
    }

    /// The same, without waiting for the body: it comes piece by piece, for as long as whoever takes it needs. The policy's time
    /// is for the head, and again for each piece.
    pub async fn begin(
        &self,
        method: Method,
        url: &Url,
        body: Bytes,
        max_bytes: usize,
        sign: impl Fn(&Url) -> HeaderMap + Send,
    ) -> Result<Answer, Error> {
        let patience = self.policy().timeout;
        let head = self.follow(&method, url, &body, Some(LONGEST_BODY), sign);
        let answer = tokio::time::timeout(patience, head).await.map_err(|_| Error::Timeout).flatten();
        count(&answer);
        let (mut answer, url) = answer?;
        if declared(&answer).is_some_and(|len| len > max_bytes) {
            return Err(Error::TooLarge { limit: max_bytes });
        }
        let headers = std::mem::take(answer.headers_mut());
        let status = answer.status();
        Ok(Answer { status, headers, url, body: answer, limit: max_bytes, left: max_bytes, patience })
    }

    /// Goes where redirects lead, up to the head of the answer. `patience`: for everything with the body, if another than the
    /// policy's.
    async fn follow(
        &self,
        method: &Method,
        url: &Url,
        body: &Bytes,
        patience: Option<Duration>,
        sign: impl Fn(&Url) -> HeaderMap + Send,
    ) -> Result<(reqwest::Response, Url), Error> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            self.policy().check_url(&url)?;
            let mut request = self.inner.http.request(method.clone(), url.clone()).headers(sign(&url));
            if !body.is_empty() {
                request = request.body(body.clone());
            }
            if let Some(patience) = patience {
                request = request.timeout(patience);
            }
            let answer = request.send().await.map_err(Error::from_reqwest)?;
            match next_hop(method, &url, &answer) {
                Some(next) => url = next,
                None => return Ok((answer, url)),
            }
        }
        Err(Error::TooManyRedirects)
    }
}

impl Answer {
    /// The next piece, decompressed; `None`: that was all. Fails when there is more than was allowed.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = tokio::time::timeout(self.patience, self.body.chunk()).await;
        let piece = piece.map_err(|_| Error::Timeout)?.map_err(Error::from_reqwest)?;
        if let Some(piece) = &piece {
            self.left = self.left.checked_sub(piece.len()).ok_or(Error::TooLarge { limit: self.limit })?;
        }
        Ok(piece)
    }

    /// All of it, within the policy's time.
    pub async fn whole(mut self) -> Result<Response, Error> {
        let mut body = BytesMut::new();
        let patience = self.patience;
        let all = async {
            while let Some(piece) = self.piece().await? {
                body.extend_from_slice(&piece);
            }
            Ok(())
        };
        tokio::time::timeout(patience, all).await.map_err(|_| Error::Timeout).flatten()?;
        let Answer { status, headers, url, .. } = self;
        Ok(Response { status, headers, body: body.freeze(), url })
    }

    /// The media type, lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        media_type(&self.headers)
    }
}

pub(crate) fn count<T>(outcome: &Result<T, Error>) {
    let word = outcome.as_ref().map_or_else(Error::word, |_| "answered");
    metrics::counter!("landbridge_fetches_total", "outcome" => word).increment(1);
}

fn next_hop(method: &Method, url: &Url, answer: &reqwest::Response) -> Option<Url> {
    let follow = match answer.status().as_u16() {
        307 | 308 => true,
        301..=303 => *method == Method::GET || *method == Method::HEAD,
        _ => false,
    };
    if !follow {
        return None;
    }
    let mut next = url.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    next.set_fragment(None);
    Some(next)
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
}

/// The length of the body, as the answer says.
fn declared(answer: &reqwest::Response) -> Option<usize> {
    answer.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read_bounded(answer: &mut reqwest::Response, most: Most) -> Result<Bytes, Error> {
    let limit = match most {
        Most::Whole(limit) => limit,
        Most::Beginning(enough) => return read_beginning(answer, enough).await,
    };
    if declared(answer).is_some_and(|len| len > limit) {
        return Err(Error::TooLarge { limit });
    }
    let Some(first) = answer.chunk().await.map_err(Error::from_reqwest)? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(Error::TooLarge { limit });
    }
    // Most answers are one chunk: those are never copied.
    let Some(second) = answer.chunk().await.map_err(Error::from_reqwest)? else { return Ok(first) };
    let mut body = BytesMut::from(&first[..]);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
        next = answer.chunk().await.map_err(Error::from_reqwest)?;
    }
    Ok(body.freeze())
}

async fn read_beginning(answer: &mut reqwest::Response, enough: usize) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while body.len() < enough
        && let Some(chunk) = answer.chunk().await.map_err(Error::from_reqwest)?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(enough);
    Ok(body.freeze())
}

fn keep_secrets_home(headers: &HeaderMap, at_home: bool) -> HeaderMap {
    let mut headers = headers.clone();
    if !at_home {
        for name in [AUTHORIZATION.as_str(), COOKIE.as_str(), "signature", "signature-input"] {
            headers.remove(name);
        }
    }
    headers
}
