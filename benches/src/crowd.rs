//! The people elsewhere: actors on many hosts of loopback, who sign what they send and count what they get.

use crate::keys::{Key, keys};
use anyhow::{Context, Result, ensure};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::RSA_PKCS1_SHA256,
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};
use tokio::{net::TcpListener, sync::watch};
use url::Url;

/// Of every note.
const TAG: &str = "bench";

pub struct Crowd {
    shared: Arc<Shared>,
    http: reqwest::Client,
}

struct Shared {
    hosts: usize,
    port: u16,
    keys: Vec<Key>,
    /// Activities that arrived, by kind.
    creates: AtomicUsize,
    accepts: AtomicUsize,
    arrived: watch::Sender<usize>,
    /// Whom the member asked to follow, with the activity.
    follows: Mutex<Vec<(usize, Value)>>,
}

impl Crowd {
    /// `people` actors, spread over so many hosts, each an address of loopback.
    pub async fn gather(people: usize, hosts: usize) -> Result<Crowd> {
        ensure!(hosts <= 250 * 250 && hosts > 0 && people >= hosts, "at least one actor a host");
        eprintln!("-> {people} keys");
        let first = TcpListener::bind((address(0), 0)).await?;
        let port = first.local_addr()?.port();
        let shared = Arc::new(Shared {
            hosts,
            port,
            keys: keys(people)?,
            creates: AtomicUsize::new(0),
            accepts: AtomicUsize::new(0),
            arrived: watch::channel(0).0,
            follows: Mutex::default(),
        });
        let app = Router::new()
            .route("/users/{n}", get(actor))
            .route("/users/{n}/inbox", post(inbox))
            .route("/.well-known/webfinger", get(webfinger))
            .with_state(shared.clone());
        tokio::spawn(axum::serve(first, app.clone()).into_future());
        for host in 1..hosts {
            let listener = TcpListener::bind(SocketAddr::from((address(host), port))).await?;
            tokio::spawn(axum::serve(listener, app.clone()).into_future());
        }
        let http = crate::client().pool_max_idle_per_host(64).build()?;
        Ok(Crowd { shared, http })
    }

    pub fn len(&self) -> usize {
        self.shared.keys.len()
    }

    pub fn actor(&self, n: usize) -> String {
        self.shared.actor(n)
    }

    /// A public note by actor `n` that names the member and has the tag [`TAG`].
    pub fn note(&self, n: usize, round: usize, member: &str) -> Value {
        let actor = self.actor(n);
        let id = format!("{actor}/notes/{round}");
        let now = rfc3339();
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{id}/create"), "type": "Create", "actor": actor,
            "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [member], "published": now,
            "object": {
                "id": id, "type": "Note", "attributedTo": actor, "published": now, "url": id,
                "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [member],
                "content": format!("<p>Note {round} by {n}: the quick brown fox jumps over the lazy dog. #{TAG}</p>"),
                "tag": [
                    {"type": "Mention", "href": member, "name": "@member"},
                    {"type": "Hashtag", "href": format!("{actor}/tags/{TAG}"), "name": format!("#{TAG}")},
                ],
            },
        })
    }

    /// A public post by actor `n` to their followers, so many seconds old.
    pub fn post(&self, n: usize, round: usize, age: u64) -> Value {
        let actor = self.actor(n);
        let id = format!("{actor}/posts/{round}");
        let then = landbridge_model::Time::now().minus(Duration::from_secs(age)).rfc3339();
        let (to, cc) = ("https://www.w3.org/ns/activitystreams#Public", format!("{actor}/followers"));
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{id}/create"), "type": "Create", "actor": actor, "to": [to], "cc": [cc], "published": then,
            "object": {
                "id": id, "type": "Note", "attributedTo": actor, "published": then, "url": id, "to": [to], "cc": [cc],
                "content": format!("<p>Post {round} by {n}: the quick brown fox jumps over the lazy dog.</p>"),
            },
        })
    }

    /// The answer to a follow by the member.
    pub fn accept(&self, n: usize, follow: &Value) -> Value {
        let actor = self.actor(n);
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{actor}/accept"), "type": "Accept", "actor": actor, "object": follow,
        })
    }

    /// Takes the follows by the member that have arrived: the followed actor, and the activity.
    pub fn take_follows(&self) -> Vec<(usize, Value)> {
        std::mem::take(&mut *self.shared.follows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A follow of the member by actor `n`.
    pub fn follow(&self, n: usize, member: &str) -> Value {
        let actor = self.actor(n);
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{actor}/follow"), "type": "Follow", "actor": actor, "object": member,
        })
    }

    /// Signs a request as actor `n` (draft-cavage-http-signatures-12) ahead of time, so that signing is not measured.
    pub fn sign(&self, n: usize, inbox: &Url, activity: &Value) -> Result<Signed> {
        let body = serde_json::to_vec(activity)?;
        let date = http_date();
        let hash = format!("SHA-256={}", STANDARD.encode(digest(&SHA256, &body)));
        let host = match inbox.port() {
            Some(port) => format!("{}:{port}", inbox.host_str().unwrap_or_default()),
            None => inbox.host_str().unwrap_or_default().to_owned(),
        };
        let text =
            format!("(request-target): post {}\nhost: {host}\ndate: {date}\ndigest: {hash}", inbox.path());
        let key = self.shared.keys.get(n).context("no such actor")?;
        let mut signature = vec![0; key.pair.public_modulus_len()];
        let sign = key.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        sign.ok().context("signing failed")?;
        let signature = format!(
            "keyId=\"{}#main-key\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest\",signature=\"{}\"",
            self.actor(n),
            STANDARD.encode(signature)
        );
        Ok(Signed { body, date, hash, signature })
    }

    /// Sends it; the status of the answer.
    pub async fn send(&self, inbox: &Url, signed: &Signed) -> Result<StatusCode> {
        let request = self
            .http
            .post(inbox.clone())
            .header(header::DATE, &signed.date)
            .header("digest", &signed.hash)
            .header("signature", &signed.signature)
            .header(header::CONTENT_TYPE, "application/activity+json")
            .body(signed.body.clone());
        Ok(request.send().await?.status())
    }

    /// Activities of each kind that have arrived: (creates, accepts).
    pub fn got(&self) -> (usize, usize) {
        (self.shared.creates.load(Ordering::Acquire), self.shared.accepts.load(Ordering::Acquire))
    }

    /// Waits until so many creates have arrived; when that was.
    pub async fn wait_for_creates(&self, count: usize) -> Result<Instant> {
        let mut arrived = self.shared.arrived.subscribe();
        while self.got().0 < count {
            arrived.changed().await?;
        }
        Ok(Instant::now())
    }
}

/// A request that is ready to be sent.
pub struct Signed {
    body: Vec<u8>,
    date: String,
    hash: String,
    signature: String,
}

impl Shared {
    fn actor(&self, n: usize) -> String {
        format!("http://{}:{}/users/{n}", address(n % self.hosts), self.port)
    }
}

/// 127.1.0.1, 127.1.0.2, ...
fn address(host: usize) -> Ipv4Addr {
    #[expect(clippy::cast_possible_truncation, reason = "at most 250 each")]
    Ipv4Addr::new(127, 1, (host / 250) as u8, (host % 250 + 1) as u8)
}

async fn actor(State(shared): State<Arc<Shared>>, Path(n): Path<usize>) -> axum::response::Response {
    let Some(key) = shared.keys.get(n) else { return StatusCode::NOT_FOUND.into_response() };
    let id = shared.actor(n);
    let document = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": id, "type": "Person", "preferredUsername": format!("p{n}"), "name": format!("Person {n}"), "url": id,
        "inbox": format!("{id}/inbox"), "outbox": format!("{id}/outbox"), "followers": format!("{id}/followers"),
        "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": key.public_pem},
    });
    ([(header::CONTENT_TYPE, "application/activity+json")], document.to_string()).into_response()
}

async fn inbox(State(shared): State<Arc<Shared>>, Path(n): Path<usize>, body: bytes::Bytes) -> StatusCode {
    let activity: Value = serde_json::from_slice(&body).unwrap_or_default();
    match activity["type"].as_str() {
        Some("Create") => {
            let now = shared.creates.fetch_add(1, Ordering::AcqRel) + 1;
            shared.arrived.send_replace(now);
        }
        Some("Accept") => {
            shared.accepts.fetch_add(1, Ordering::AcqRel);
        }
        Some("Follow") => {
            shared.follows.lock().unwrap_or_else(PoisonError::into_inner).push((n, activity));
        }
        _ => {}
    }
    StatusCode::ACCEPTED
}

async fn webfinger(
    State(shared): State<Arc<Shared>>,
    axum::extract::Query(query): axum::extract::Query<std::collections::HashMap<String, String>>,
) -> impl IntoResponse {
    let resource = query.get("resource").cloned().unwrap_or_default();
    let number =
        resource.trim_start_matches("acct:p").split('@').next().and_then(|n| n.parse::<usize>().ok());
    let url = resource.rsplit_once("/users/").and_then(|(_, n)| n.parse::<usize>().ok());
    let Some(n) = number.or(url).filter(|n| *n < shared.keys.len()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let subject = format!("acct:p{n}@{}:{}", address(n % shared.hosts), shared.port);
    let own = json!({"rel": "self", "type": "application/activity+json", "href": shared.actor(n)});
    Json(json!({"subject": subject, "links": [own]})).into_response()
}

fn http_date() -> String {
    // Sat, 01 Jan 2000 00:00:00 GMT, from the parts of the RFC 3339 form.
    let secs = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        .get((secs / 86_400 % 7) as usize)
        .copied()
        .unwrap_or("Thu");
    let now = rfc3339();
    let part = |range: std::ops::Range<usize>| now.get(range).unwrap_or_default().to_owned();
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = part(5..7)
        .parse::<usize>()
        .ok()
        .and_then(|m| MONTHS.get(m.wrapping_sub(1)).copied())
        .unwrap_or("Jan");
    format!("{weekday}, {} {month} {} {} GMT", part(8..10), part(0..4), part(11..19))
}

fn rfc3339() -> String {
    landbridge_model::Time::now().rfc3339()
}
