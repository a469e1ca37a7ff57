//! Documents, markup, signatures, keys and answers of the ActivityPub network.

use crate::{checks, choice, text};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use landbridge_activitypub::signature::key::ProofKey;
use landbridge_activitypub::signature::{Claim, PublicKey, Request, digest, jcs, multibase, proof};
use landbridge_activitypub::text::{self as html, Hints, Named};
use landbridge_activitypub::vocab::{self, Node, addressed, is_activity_type, visibility};
use landbridge_activitypub::{fuzzing, translate};
use landbridge_fetch::{Policy, Response};
use landbridge_model::{RichText, richtext::to_html};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};
use url::{Host, Url};

/// A document, and what it is about: posts, actors, reactions, votes, addresses.
pub fn activity(data: &[u8]) {
    let Ok(document) = vocab::parse(data) else { return };
    let node = Node(&document);
    for node in [Some(node), node.object("object")].into_iter().flatten() {
        if let Some(read) = translate::post(node, checks::NOW) {
            checks::post(&read.post);
            assert!(read.post.native_id.len() <= 2048 && read.authors.contains(&read.post.author));
            assert!(vocab::same_authority(&read.post.native_id, &read.post.author));
        }
        if let Some(read) = translate::actor(node) {
            checks::actor(&read.actor);
            let facts = serde_json::from_value::<translate::Facts>(read.actor.facts).ok();
            assert_eq!(facts.as_ref(), Some(&read.facts));
        }
        let (content, emoji) = translate::reaction(node);
        assert!(content.len() <= 200 && (emoji.is_none() || content.starts_with(':')));
        assert!(!translate::is_vote(node) || !node.has("attachment"));
        let _ = visibility(node, None);
        assert!(addressed(node).count() <= 3 * 256);
    }
}

/// HTML to text with marks: what is read and written once stays as it is, but for blank lines.
pub fn markup(data: &[u8]) {
    let Some((first, source)) = choice(data).and_then(|(first, rest)| Some((first, text(rest)?))) else {
        return;
    };
    let named = |id: &str, acct: &str| Named { id: id.to_owned(), acct: acct.to_owned() };
    let mentions =
        [named("https://a.example/users/x", "x@a.example"), named("https://c.example/@y", "y@c.example")];
    let emojis = ["x".to_owned(), "blob".to_owned()];
    let hints = Hints { mentions: &mentions, emojis: &emojis, has_quote: first & 1 == 1 };
    let rich = html::read(source, &hints);
    checks::rich(&rich);
    assert!(rich.text.len() <= 200_010, "{} bytes of text", rich.text.len());
    let again = html::read(&to_html(&rich, "https://a.example/tags/"), &Hints::default());
    checks::rich(&again);
    let third = html::read(&to_html(&again, "https://a.example/tags/"), &Hints::default());
    // Blank lines around items that close each other in odd ways may come and go; words may not.
    let words = |text: &RichText| text.text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&third), words(&again), "from {source:?}");
    if let Ok(url) = Url::parse("https://a.example/b/")
        && let Some(card) = landbridge_hub::fuzzing::page(source.as_bytes(), "text/html", &url)
    {
        assert!(!card.title.is_empty() && card.title.chars().count() <= 300);
        assert!(card.description.chars().count() <= 1000);
        assert!(card.picture.is_none_or(|picture| picture.url.starts_with("http")));
    }
    let plain = html::plain(source);
    assert!(plain.len() <= source.len().max(1) * 3, "{source:?} became {plain:?}");
}

/// Some RSA key of 2048 bits.
const PEM: &str = include_str!("key.pem");
const MULTIBASE: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    [PublicKey::from_pem(PEM), PublicKey::from_multibase(MULTIBASE)]
        .into_iter()
        .filter_map(Result::ok)
        .collect()
});

/// Signature headers of both kinds. Lines: `Signature` (or `Authorization`), `Signature-Input`, `Date`, one more header
/// as `name: value`, path; the rest is the body. Bits of the first byte put right what chance never would.
pub fn signatures(data: &[u8]) {
    assert_eq!(KEYS.len(), 2);
    let Some((first, rest)) = choice(data) else { return };
    let has = |bit: u8| first & (1 << bit) != 0;
    let mut lines = rest.splitn(6, |b| *b == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (signature, input, date, other, path, body) = (line(), line(), line(), line(), line(), line());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: &[u8]| {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    };
    put(header::HOST, b"a.example");
    let name = if has(0) { header::AUTHORIZATION } else { HeaderName::from_static("signature") };
    put(name, signature);
    if has(1) {
        put(HeaderName::from_static("signature-input"), input);
    }
    let right_date = httpdate::fmt_http_date(now);
    put(header::DATE, if has(2) { right_date.as_bytes() } else { date });
    if has(3) {
        put(HeaderName::from_static("digest"), digest::header(body).as_bytes());
    }
    if has(4) {
        put(HeaderName::from_static("content-digest"), digest::content_header(body).as_bytes());
    }
    if let Some((name, value)) = text(other).and_then(|o| o.split_once(':'))
        && let Ok(name) = name.parse()
    {
        put(name, value.as_bytes());
    }
    let path = text(path).and_then(|p| p.parse::<Uri>().ok()).unwrap_or_default();
    let with_body = !has(5);
    let method = if with_body { Method::POST } else { Method::GET };
    let request = |body| Request {
        method: &method,
        uri: &path,
        headers: &headers,
        body,
        scheme: "https",
        authority: "a.example",
        now,
    };
    let Ok(claim) = Claim::read(&request(with_body.then_some(body))) else { return };
    assert!(!claim.key_id.is_empty());
    for key in KEYS.iter() {
        assert!(claim.verify(key).is_err(), "forged");
    }
    // Whatever is accepted covers the body.
    let changed = [body, b"!"].concat();
    assert!(!with_body || Claim::read(&request(Some(&changed))).is_err(), "the body is not covered");
}

/// Canonical JSON, proofs in objects, keys as PEM and multibase.
pub fn proofs(data: &[u8]) {
    let Some((first, rest)) = choice(data) else { return };
    match first % 3 {
        0 => canonical(rest),
        1 => {
            let _ = text(rest).map(PublicKey::from_pem);
        }
        _ => {
            assert_eq!(
                multibase::decode(&multibase::encode(rest.get(..180).unwrap_or(rest))).as_deref(),
                Some(rest.get(..180).unwrap_or(rest))
            );
            if let Some((text, bytes)) = text(rest).and_then(|t| Some((t, multibase::decode(t)?))) {
                assert_eq!(multibase::encode(&bytes), text);
            }
            let _ = text(rest).map(PublicKey::from_multibase);
        }
    }
}

fn canonical(json: &[u8]) {
    let Ok(mut value) = serde_json::from_slice::<Value>(json) else { return };
    let once = jcs::canonical(&value);
    let again: Value = serde_json::from_str(&once).unwrap_or_else(|e| panic!("{e}: {once}"));
    assert_eq!(jcs::canonical(&again), once);
    let _ = proof::method(&value);
    for key in KEYS.iter() {
        assert!(proof::verify(&value, key).is_err(), "forged");
    }
    let Value::Object(object) = &mut value else { return };
    let Ok(key) = ProofKey::from_seed(&[7; 32]) else { return };
    proof::sign(object, "https://a.example/key", &key, "2026-01-01T00:00:00Z");
    let public = PublicKey::from_multibase(&key.multibase()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(proof::verify(&value, &public), Ok(()));
}

/// Answers of other servers when they are looked up or delivered to: WebFinger, host-meta, nostr.json, types, times,
/// and the addresses that they lead to.
pub fn discovery(data: &[u8]) {
    let Some((first, rest)) = choice(data) else { return };
    match first % 6 {
        0 => {
            if let Some(actor) = fuzzing::webfinger(rest) {
                assert!(actor.len() <= 2048 && Url::parse(&actor).is_ok_and(|u| u.has_host()));
            }
        }
        1 => {
            if let Some(template) = fuzzing::host_meta(rest) {
                assert!(template.contains("{uri}"));
            }
        }
        2 => {
            if let Some(found) = landbridge_nostr::fuzzing::nip05(rest, "bob") {
                assert!(found.relays.len() <= 8);
            }
        }
        3 => outward(rest),
        4 => {
            let kind = HeaderValue::from_bytes(rest).ok();
            if let Some(kind) = kind.as_ref().and_then(|k| k.to_str().ok()) {
                assert!(!is_activity_type(kind) || kind.contains('/'));
            }
            answered(header::CONTENT_TYPE, kind);
        }
        _ => answered(header::RETRY_AFTER, HeaderValue::from_bytes(rest).ok()),
    }
}

fn answered(name: HeaderName, value: Option<HeaderValue>) {
    let Ok(url) = Url::parse("https://a.example/") else { return };
    let headers = value.map(|value| (name, value)).into_iter().collect();
    let response = Response { status: http::StatusCode::OK, headers, body: bytes::Bytes::new(), url };
    let _ = response.retry_after().map(|wait| checks::NOW.plus(wait).rfc3339());
    assert!(response.media_type().is_none_or(|m| !m.contains(';') && m == m.to_ascii_lowercase()));
}

/// A `Location`, or any URL that is to be asked: nothing private is ever allowed, however it is spelled.
fn outward(bytes: &[u8]) {
    let Ok(base) = Url::parse("https://a.example/x/y") else { return };
    let Some(url) = text(bytes).and_then(|location| base.join(location).ok()) else { return };
    let trial = Policy::trial("t").check_url(&url).is_ok();
    let public = Policy::public("t").check_url(&url).is_ok();
    assert!(!(trial && public), "{url}");
    if !public {
        return;
    }
    assert!(matches!(url.scheme(), "https" | "wss") && url.username().is_empty() && url.password().is_none());
    let address: Option<IpAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => Some(ip.into()),
        Some(Host::Ipv6(ip)) => Some(ip.to_canonical()),
        Some(Host::Domain(name)) => name.trim_end_matches('.').parse().ok(),
        None => panic!("no host: {url}"),
    };
    let private = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_documentation() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    let inside = |ip: IpAddr| private(ip) || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast();
    assert!(!address.is_some_and(inside), "{url}");
}
