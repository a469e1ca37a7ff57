//! Who sent this: HTTP signatures in both dialects of the network, and proofs inside objects.
//!
//! Checking is split in two, so that everything cheap happens before a key is needed: [`Claim::read`] finds the
//! signature, checks what it covers, its time and the body's digest; [`Claim::verify`] does the public-key
//! operation, which should be nearly all of the cost.

pub mod cavage;
pub mod digest;
pub mod jcs;
pub mod key;
pub mod multibase;
pub mod proof;
pub mod rfc9421;

pub use key::{PrivateKey, PublicKey};

use http::{HeaderMap, Method, Uri};
use std::time::{Duration, SystemTime};

/// How far back a signature may have been made: queues of the far side can be that late (Mastodon allows as much).
pub const MAX_AGE: Duration = Duration::from_secs(12 * 3600);
/// How far ahead of ours the far side's clock may be.
pub const MAX_SKEW: Duration = Duration::from_secs(600);

/// A received request, as the signer saw it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a Method,
    /// Path and query, or the absolute form.
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    /// `None` for requests without one (GET).
    pub body: Option<&'a [u8]>,
    /// Our origin as configured: `https` and `example.org[:port]`. A signature made for another host is refused: it
    /// was captured there.
    pub scheme: &'a str,
    pub authority: &'a str,
    pub now: SystemTime,
}

/// Why a request does not count as signed. Each is the sender's doing; a key that cannot be had is not among them.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum Error {
    #[error("the request is not signed")]
    Missing,
    #[error("the signature header cannot be read: {0}")]
    Malformed(&'static str),
    #[error("the signature does not cover {0}")]
    NotCovered(&'static str),
    #[error("the signature is too old or from the future")]
    Expired,
    #[error("the body does not match its digest")]
    Digest,
    #[error("the signature was made for another host")]
    WrongHost,
    #[error("the algorithm is not supported")]
    Algorithm,
    #[error("the signature does not match the key")]
    Mismatch,
    #[error("the key cannot be read")]
    BadKey,
}

/// A signature whose coverage, time and digest are in order; not yet checked against a key.
#[derive(Debug)]
pub struct Claim {
    /// URL of the key, usually the actor's id with a fragment.
    pub key_id: String,
    pub dialect: Dialect,
    /// When it was made.
    pub made: SystemTime,
    signature: Vec<u8>,
    algorithm: Algorithm,
    /// What may have been signed; the first is by far the likeliest.
    bases: Vec<String>,
}

/// The two ways in which servers sign requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// draft-cavage-http-signatures-12: understood by all.
    #[default]
    Cavage,
    /// HTTP Message Signatures.
    Rfc9421,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// As the key says: RSA PKCS#1 v1.5 with SHA-256, or Ed25519.
    OfKey,
    RsaPkcs1Sha256,
    RsaPssSha512,
    Ed25519,
}

impl Claim {
    /// Reads the signature of a request, whichever dialect it is in.
    pub fn read(request: &Request<'_>) -> Result<Claim, Error> {
        if request.headers.contains_key("signature-input") {
            rfc9421::read(request)
        } else if request.headers.contains_key("signature") || request.headers.contains_key("authorization") {
            cavage::read(request)
        } else {
            Err(Error::Missing)
        }
    }

    /// The public-key operation.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Error> {
        let matches = |base: &String| key.verify(self.algorithm, base.as_bytes(), &self.signature).is_ok();
        if self.bases.iter().any(matches) { Ok(()) } else { Err(Error::Mismatch) }
    }
}

/// The host that the request was sent to, as the signer saw it.
fn host<'a>(request: &Request<'a>) -> Result<&'a str, Error> {
    let header = request.headers.get(http::header::HOST).and_then(|h| h.to_str().ok());
    let host =
        header.or_else(|| request.uri.authority().map(|a| a.as_str())).ok_or(Error::NotCovered("host"))?;
    if same_authority(host, request.authority) { Ok(host) } else { Err(Error::WrongHost) }
}

/// Equal but for case and a default port written out.
fn same_authority(a: &str, b: &str) -> bool {
    let bare = |s: &str| s.strip_suffix(":443").or_else(|| s.strip_suffix(":80")).unwrap_or(s).len();
    let (a, b) = (a.get(..bare(a)).unwrap_or(a), b.get(..bare(b)).unwrap_or(b));
    a.eq_ignore_ascii_case(b)
}

/// The moment itself, when it is neither too old nor ahead.
fn check_window(made: SystemTime, now: SystemTime) -> Result<SystemTime, Error> {
    let too_old = now.duration_since(made).is_ok_and(|age| age > MAX_AGE);
    let ahead = made.duration_since(now).is_ok_and(|skew| skew > MAX_SKEW);
    if too_old || ahead { Err(Error::Expired) } else { Ok(made) }
}

fn unix(secs: u64) -> Result<SystemTime, Error> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(secs)).ok_or(Error::Malformed("time"))
}

fn check_date_header(request: &Request<'_>) -> Result<SystemTime, Error> {
    let date = request
        .headers
        .get(http::header::DATE)
        .and_then(|d| d.to_str().ok())
        .ok_or(Error::NotCovered("date"))?;
    check_window(httpdate::parse_http_date(date).map_err(|_| Error::Malformed("date"))?, request.now)
}

/// Several headers of one name count as one, joined by a comma.
fn header_value(headers: &HeaderMap, name: &str, into: &mut String) -> Result<(), Error> {
    let mut any = false;
    for value in headers.get_all(name) {
        if any {
            into.push_str(", ");
        }
        into.push_str(value.to_str().map_err(|_| Error::Malformed("header"))?.trim());
        any = true;
    }
    if any { Ok(()) } else { Err(Error::Malformed("a covered header is missing")) }
}
