//! How often: fixed windows per address and per account, told in `X-RateLimit-*` as clients of the Mastodon API know
//! them (Mastodon documentation, api/rate-limits). A token counts for its account only once it is known to be good, so
//! that inventing tokens does not get round the limit of an address, and neither does having many. The PDS counts for
//! itself, in the words of its network.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use landbridge_cache::Cache;
use landbridge_hub::accounts::household;
use landbridge_model::Id;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ForPds;
use super::surface::Surface;
use crate::config::Limits;

const SHORT: Duration = Duration::from_secs(5 * 60);
const LONG: Duration = Duration::from_secs(30 * 60);
/// Windows kept at once; the least used are forgotten first, so memory stays flat under a flood of addresses.
const MOST_WINDOWS: u64 = 100_000;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

pub struct Rates {
    api_account: Rate<Id>,
    api_address: Rate<IpAddr>,
    media: Rate<Id>,
    deletes: Rate<Id>,
    sign_ins: Rate<IpAddr>,
    federation: Rate<IpAddr>,
    whose: Whose,
    /// Whose the tokens are that were asked about lately. One that was revoked since is refused behind us.
    known: Cache<Token, Id>,
}

/// Whose token this is: the account's id, or the app's own grant. `None`: not a good token.
pub type Whose = Box<dyn Fn(String) -> BoxFuture<'static, Option<Id>> + Send + Sync>;

/// A part of the token's hash: enough to tell tokens apart, useless to anyone who reads our memory.
type Token = [u8; 16];

impl Rates {
    pub fn new(limits: &Limits, whose: Whose) -> Self {
        Self {
            whose,
            api_account: Rate::new(limits.api_per_account, SHORT),
            api_address: Rate::new(limits.api_per_address, SHORT),
            media: Rate::new(limits.media_per_account, LONG),
            deletes: Rate::new(limits.deletes_per_account, LONG),
            sign_ins: Rate::new(limits.sign_ins_per_address, SHORT),
            federation: Rate::new(limits.federation_per_address, SHORT),
            known: Cache::idling(MOST_WINDOWS, LONG),
        }
    }

    fn take(&self, surface: Surface, address: IpAddr, account: Option<Id>) -> Option<Taken> {
        match (surface, account) {
            (Surface::Upload, Some(account)) => self.media.take(account),
            (Surface::Delete, Some(account)) => self.deletes.take(account),
            (Surface::Api, Some(account)) => self.api_account.take(account),
            (Surface::Api | Surface::Upload | Surface::Delete, None) => self.api_address.take(address),
            (Surface::SignIn, _) => self.sign_ins.take(address),
            (Surface::Inbox, _) => self.federation.take(address),
            (Surface::WellKnown | Surface::Relay | Surface::Media | Surface::Page | Surface::Xrpc, _) => None,
        }
    }

    /// Learns whose a token is; asked once in a while for each token, and after the address has paid for it.
    async fn learn(&self, headers: &HeaderMap) {
        let Some((token, secret)) = bearer(headers) else { return };
        if let Some(account) = (self.whose)(secret.to_owned()).await {
            self.known.insert(token, account);
        }
    }
}

pub async fn hold(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    if request.extensions().get::<ForPds>().is_some() {
        return next.run(request).await;
    }
    let surface = Surface::of(request.method(), request.uri().path());
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| household(info.0.ip()));
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let account = bearer(request.headers()).and_then(|(token, _)| rates.known.get(&token));
    let taken = rates.take(surface, address, account);
    let mut response = match &taken {
        Some(taken) if taken.exceeded() => {
            metrics::counter!("landbridge_rate_limited_total", "surface" => surface.label()).increment(1);
            refused(taken)
        }
        taken => {
            if account.is_none() && taken.is_some() {
                rates.learn(request.headers()).await;
            }
            next.run(request).await
        }
    };
    if let Some(taken) = taken {
        taken.tell(response.headers_mut());
    }
    response
}

fn bearer(headers: &HeaderMap) -> Option<(Token, &str)> {
    let secret = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim();
    Some((digest(&SHA256, secret.as_bytes()).as_ref().first_chunk().copied()?, secret))
}

struct Rate<K> {
    limit: u32,
    window: Duration,
    windows: Cache<K, Arc<Window>>,
}

struct Window {
    ends: OffsetDateTime,
    used: AtomicU32,
}

struct Taken {
    limit: u32,
    used: u32,
    ends: OffsetDateTime,
}

impl<K: std::hash::Hash + Eq + Clone> Rate<K> {
    fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, windows: Cache::living(MOST_WINDOWS, window) }
    }

    /// Counts one request; `None` when this rate is off.
    fn take(&self, key: K) -> Option<Taken> {
        if self.limit == 0 {
            return None;
        }
        let fresh =
            || Arc::new(Window { ends: OffsetDateTime::now_utc() + self.window, used: AtomicU32::new(0) });
        let window = self.windows.get_with(&key, fresh);
        let used = window.used.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        Some(Taken { limit: self.limit, used, ends: window.ends })
    }
}

impl Taken {
    fn exceeded(&self) -> bool {
        self.used > self.limit
    }

    fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, self.limit.saturating_sub(self.used).into());
        let reset = self.ends.replace_nanosecond(0).unwrap_or(self.ends).format(&Rfc3339).unwrap_or_default();
        if let Ok(value) = HeaderValue::from_str(&reset) {
            headers.insert(RESET, value);
        }
    }
}

fn refused(taken: &Taken) -> Response {
    let wait = (taken.ends - OffsetDateTime::now_utc()).whole_seconds().max(1);
    let headers = [
        (header::RETRY_AFTER, HeaderValue::from(wait)),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, r#"{"error":"Too many requests"}"#).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::any;
    use tower::ServiceExt;

    fn app() -> Router {
        let limits =
            Limits { api_per_account: 3, api_per_address: 2, sign_ins_per_address: 1, ..Limits::default() };
        let whose: Whose =
            Box::new(|secret| Box::pin(async move { secret.starts_with("good").then_some(Id(7)) }));
        Router::new()
            .fallback(any(|| async { StatusCode::OK }))
            .layer(from_fn_with_state(Arc::new(Rates::new(&limits, whose)), hold))
    }

    async fn ask(app: &Router, path: &str, address: &str, token: Option<&str>) -> Response {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(ConnectInfo::<SocketAddr>((address.parse::<IpAddr>().unwrap(), 1).into()));
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", value);
        }
        app.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn an_address_is_held_and_told() {
        let app = app();
        let first = ask(&app, "/api/v1/x", "2001:db8::1", None).await;
        assert_eq!(first.headers()["x-ratelimit-limit"], "2");
        assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
        assert!(first.headers()["x-ratelimit-reset"].to_str().unwrap().ends_with('Z'));
        assert_eq!(ask(&app, "/api/v1/x", "2001:db8::2", None).await.status(), StatusCode::OK);
        let third = ask(&app, "/api/v1/x", "2001:db8::3", None).await;
        assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(third.headers().contains_key("retry-after"));
        assert_eq!(ask(&app, "/api/v1/x", "192.0.2.1", None).await.status(), StatusCode::OK);
        assert_eq!(ask(&app, "/@alice", "2001:db8::4", None).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn good_tokens_count_for_their_account_and_an_invented_one_for_the_address() {
        let app = app();
        // The first use of each is the address's, the rest the account's.
        for token in ["good one", "good two", "good one", "good two", "good one"] {
            let answer = ask(&app, "/api/v1/x", "192.0.2.1", Some(token)).await;
            assert_eq!(answer.status(), StatusCode::OK, "{token}");
        }
        let over = ask(&app, "/api/v1/x", "192.0.2.2", Some("good two")).await;
        assert_eq!(over.status(), StatusCode::TOO_MANY_REQUESTS);
        for invented in ["a", "b"] {
            assert_eq!(ask(&app, "/api/v1/x", "192.0.2.9", Some(invented)).await.status(), StatusCode::OK);
        }
        let third = ask(&app, "/api/v1/x", "192.0.2.9", Some("c")).await;
        assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    }

    #[tokio::test]
    async fn the_pds_counts_for_itself() {
        let app = app();
        let renew = async |for_pds: bool| {
            let mut request = Request::post("/oauth/token").body(Body::empty()).unwrap();
            if for_pds {
                request.extensions_mut().insert(ForPds);
            }
            app.clone().oneshot(request).await.unwrap()
        };
        for _ in 0..3 {
            let answer = renew(true).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert!(!answer.headers().contains_key("x-ratelimit-limit"));
        }
        assert_eq!(renew(false).await.status(), StatusCode::OK);
        assert_eq!(renew(false).await.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
