//! Why a request did not happen or did not finish, and whether asking again can help.

use std::error::Error as StdError;
use std::net::IpAddr;

/// A failed exchange. An HTTP status is not one: see [`crate::Response`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    #[error("the name {0} has no address")]
    Unresolved(String),
    #[error("could not connect: {0}")]
    Connect(String),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("timed out")]
    Timeout,
    /// The body, after decompression, or the header block, passed the limit.
    #[error("more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("too many redirects")]
    TooManyRedirects,
    /// The exchange broke in the middle, or what came was not HTTP.
    #[error("broken exchange: {0}")]
    Broken(String),
    /// The request could not be made at all (set-up of TLS, an impossible header).
    #[error("bad request or set-up: {0}")]
    Setup(String),
}

/// A target that [`crate::Policy`] forbids.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum Refusal {
    #[error("only https (or http in a trial) is allowed")]
    Scheme,
    #[error("a URL with a user name or password")]
    Credentials,
    #[error("the address {0} is not one this server may connect to")]
    Address(IpAddr),
    #[error("the name {0} is not one this server may connect to")]
    Name(String),
}

/// Advice for queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same request will fail the same way.
    Never,
    /// The far side or the way there may recover.
    Later,
}

impl Error {
    pub fn retry(&self) -> Retry {
        match self {
            // A name may point elsewhere tomorrow, a literal address may not; both are policy, not weather.
            Error::Refused(_) | Error::TooLarge { .. } | Error::TooManyRedirects | Error::Setup(_) => {
                Retry::Never
            }
            Error::Unresolved(_) | Error::Connect(_) | Error::Tls(_) | Error::Timeout | Error::Broken(_) => {
                Retry::Later
            }
        }
    }

    /// For counters.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Error::Refused(_) => "refused",
            Error::Unresolved(_) => "unresolved",
            Error::Connect(_) => "connect",
            Error::Tls(_) => "tls",
            Error::Timeout => "timeout",
            Error::TooLarge { .. } => "size",
            Error::TooManyRedirects => "redirects",
            Error::Broken(_) => "broken",
            Error::Setup(_) => "setup",
        }
    }

    /// Finds what really happened in reqwest's chain of causes.
    pub(crate) fn from_reqwest(error: reqwest::Error) -> Self {
        let timed_out = error.is_timeout();
        let (connect, builder) = (error.is_connect(), error.is_builder());
        let mut detail = String::new();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
        while let Some(e) = cause {
            match e.downcast_ref::<Error>() {
                Some(Error::Refused(refused)) => return Error::Refused(refused.clone()),
                Some(Error::Unresolved(name)) => return Error::Unresolved(name.clone()),
                _ => {}
            }
            if let Some(tls) = e.downcast_ref::<rustls::Error>() {
                return Error::Tls(tls.to_string());
            }
            detail = e.to_string();
            cause = next_cause(e);
        }
        match () {
            () if timed_out => Error::Timeout,
            () if connect => Error::Connect(detail),
            () if builder => Error::Setup(detail),
            () => Error::Broken(detail),
        }
    }
}

/// `io::Error` hides what it wraps from `source()`.
fn next_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
