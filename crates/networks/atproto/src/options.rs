//! What an operator may choose.

use crate::syntax::Did;
use url::Url;

#[derive(Clone, Debug)]
pub struct Options {
    /// Origin of our PDS: `https://pds.example.org`. Never the origin of the pages.
    pub pds: Url,
    /// Members' handles end with it: `alice.example.org`.
    pub handle_domain: String,
    /// Where DIDs are registered and looked up; `None`: in the trial's own directory.
    pub directory: Option<Url>,
    /// Relays that are told to come and read (`requestCrawl`).
    pub relays: Vec<Url>,
    /// Relays and PDSes whose `subscribeRepos` is read.
    pub streams: Vec<Url>,
    /// Jetstream servers, read instead where a whole stream would be too much.
    pub jetstreams: Vec<Url>,
    /// Labelers whose labels count for everybody here.
    pub labelers: Vec<Did>,
    /// What answers `app.bsky.*` for members' apps.
    pub appview: Option<Service>,
    /// What answers `chat.bsky.*`.
    pub chat: Option<Service>,
    /// Where reports go.
    pub moderation: Option<Service>,
    /// What the operator shows for `com.atproto.admin.*` (HTTP Basic, user `admin`); `None`: nobody may.
    pub admin_token: Option<String>,
    /// A DNS resolver over HTTPS (RFC 8484), such as `https://dns.example/dns-query`; `None`: the system's
    /// name servers are asked.
    pub dns: Option<Url>,
    /// Hours that the stream of members' repositories is kept for subscribers who were away.
    pub stream_hours: u32,
    /// Whether apps are held to rate limits.
    pub rate_limits: bool,
}

/// A service that acts for our members, by their leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub url: Url,
    pub did: Did,
}

impl Options {
    /// The origin of the PDS, without a final slash.
    pub fn pds_origin(&self) -> &str {
        self.pds.as_str().trim_end_matches('/')
    }

    /// `did:web` of the server itself.
    pub fn server_did(&self) -> String {
        let host = self.pds.host_str().unwrap_or_default();
        match self.pds.port() {
            Some(port) => format!("did:web:{host}%3A{port}"),
            None => format!("did:web:{host}"),
        }
    }
}
