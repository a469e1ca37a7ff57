//! What the operator decides: one TOML file, each key overridable by the environment. [`keys`] lists every key with
//! its meaning; [`load`] reads them and names the nearest key for one it does not know.

pub mod keys;
mod load;
mod write;

pub use load::{complete, load, read};
pub use write::{Public, public_file, settings};

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Everything configurable. With no file and no environment this describes a local trial.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `https://host`, without a path. Absent: a local trial on loopback.
    pub origin: Option<Url>,
    /// The part after the `@` of every member's address; the origin's host when absent.
    pub account_domain: Option<String>,
    /// Shown to people; the account domain when absent.
    pub title: Option<String>,
    pub description: String,
    /// The operator's e-mail address, shown to the public.
    pub contact: String,
    /// Where to accept connections; a trial uses loopback whatever stands here.
    pub listen: Vec<SocketAddr>,
    /// Plain HTTP beside TLS: sends browsers to HTTPS and answers ACME's HTTP-01.
    pub listen_http: Vec<SocketAddr>,
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://...`; a SQLite file in `data_dir` when absent.
    pub database_url: Option<String>,
    /// PostgreSQL: connections open at once, at most.
    pub database_connections: usize,
    /// The key that wraps the members' keys; `data_dir/root.key` when absent.
    pub root_key_file: Option<PathBuf>,
    pub tls: Tls,
    pub outbound: Outbound,
    pub proxy: Proxy,
    pub log: Log,
    pub metrics: Metrics,
    pub limits: Limits,
    pub retention: Retention,
    pub gate: Gate,
    pub activitypub: ActivityPub,
    pub nostr: Nostr,
    pub atproto: AtProto,
    pub registrations: Registrations,
    pub networks: Networks,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origin: None,
            account_domain: None,
            title: None,
            description: String::new(),
            contact: String::new(),
            listen: Vec::new(),
            listen_http: Vec::new(),
            data_dir: PathBuf::from("landbridge-data"),
            database_url: None,
            database_connections: 16,
            root_key_file: None,
            tls: Tls::default(),
            outbound: Outbound::default(),
            proxy: Proxy::default(),
            log: Log::default(),
            metrics: Metrics::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            gate: Gate::default(),
            activitypub: ActivityPub::default(),
            nostr: Nostr::default(),
            atproto: AtProto::default(),
            registrations: Registrations::default(),
            networks: Networks::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// A proxy in front of us speaks TLS.
    #[default]
    Off,
    /// Certificate and key files, read again when they change.
    Files,
    /// Certificates from an ACME authority.
    Acme,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    pub mode: TlsMode,
    /// PEM chain, leaf first (mode `files`).
    pub certificate: Option<PathBuf>,
    /// PEM private key (mode `files`).
    pub key: Option<PathBuf>,
    /// The authority's directory URL (mode `acme`); Let's Encrypt when absent.
    pub directory: Option<Url>,
    /// `mailto:` address the authority may write to.
    pub contact: Option<String>,
    /// PEM file with the authority's own CA, for a private ACME server.
    pub extra_ca: Option<PathBuf>,
    /// Program called as `HOOK add|remove NAME VALUE` to set TXT records: allows the wildcard certificate.
    pub dns_hook: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Let requests reach this machine itself: only for tests of a public set-up on one machine.
    pub allow_loopback: bool,
    /// PEM file with certificate authorities to trust beside the system's.
    pub extra_ca: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Networks whose `X-Forwarded-For` is believed, as CIDR.
    pub trusted: Vec<ipnet::IpNet>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Plain,
    Json,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// A `tracing` filter: `info`, or `warn,landbridge_hub=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Plain, level: "info".into() }
    }
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Where Prometheus reads `/metrics` and a supervisor `/health`; nowhere when absent.
    pub listen: Option<SocketAddr>,
}

/// Bounds on what anyone may ask of us. A rate of 0 switches that rate off.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes: usize,
    /// Largest upload, in bytes.
    pub media_bytes: usize,
    /// From the last header byte to the first byte of the answer, in seconds.
    pub request_seconds: u64,
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// With less room on the disk than this, in bytes, nothing is written and nothing acknowledged (SQLite).
    pub disk_reserve_bytes: u64,
    /// How long a stop waits for running requests and deliveries, in seconds.
    pub stop_seconds: u64,
    /// API requests of an account, per 5 minutes.
    pub api_per_account: u32,
    /// API requests without a token, per address and 5 minutes.
    pub api_per_address: u32,
    /// Uploads of an account, per 30 minutes.
    pub media_per_account: u32,
    /// Deletes and un-boosts of an account, per 30 minutes.
    pub deletes_per_account: u32,
    /// Password, token and sign-up attempts, per address and 5 minutes.
    pub sign_ins_per_address: u32,
    /// Inbox deliveries, per address and 5 minutes.
    pub federation_per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            media_bytes: 40 << 20,
            request_seconds: 30,
            connections: 4096,
            disk_reserve_bytes: 64 << 20,
            stop_seconds: 20,
            api_per_account: 1500,
            api_per_address: 300,
            media_per_account: 30,
            deletes_per_account: 30,
            sign_ins_per_address: 25,
            federation_per_address: 0,
        }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days that remote posts, originals and media are kept after their last local use; 0 keeps them.
    pub remote_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { remote_days: 90 }
    }
}

/// First contacts with members, beside what each member has chosen.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// First contacts of whom this server has known for fewer days are held until the member answers; 0: no such rule.
    pub new_days: u32,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityPub {
    /// Show documents only to servers that sign their requests and are not blocked. Pages for browsers stay open.
    pub authorized_fetch: bool,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nostr {
    /// Relays where members write beside our own.
    pub relays: Vec<Url>,
    /// Relays asked for profiles and relay lists.
    pub index_relays: Vec<Url>,
    /// What those who are no members may send to our relay, per minute; 0: no limit. By connection or authenticated key.
    pub strangers_per_connection: u32,
    /// By author.
    pub strangers_per_author: u32,
    /// Gift wraps to one member.
    pub wraps_per_member: u32,
    /// Requests of a connection to our relay per minute, members included; 0: no limit.
    pub requests_per_connection: u32,
}

impl Default for Nostr {
    fn default() -> Nostr {
        Nostr {
            relays: Vec::new(),
            index_relays: Vec::new(),
            strangers_per_connection: 240,
            strangers_per_author: 60,
            wraps_per_member: 240,
            requests_per_connection: 1_200,
        }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AtProto {
    /// Host name of the PDS; `pds.` and the origin's host when absent.
    pub pds_host: Option<String>,
    /// What members' handles end with; the origin's host when absent.
    pub handle_domain: Option<String>,
    /// The directory of DIDs (did:plc); a trial has its own when absent.
    pub directory: Option<Url>,
    /// Relays that are asked to read our stream.
    pub relays: Vec<Url>,
    /// Relays and PDSes whose stream is read.
    pub streams: Vec<Url>,
    /// Jetstream servers that are read.
    pub jetstreams: Vec<Url>,
    /// DIDs of labelers whose labels count for everybody here.
    pub labelers: Vec<String>,
    /// What answers `app.bsky.*` for members' apps, and its DID.
    pub appview: Option<Url>,
    pub appview_did: Option<String>,
    /// What answers `chat.bsky.*`, and its DID.
    pub chat: Option<Url>,
    pub chat_did: Option<String>,
    /// Where reports go, and its DID.
    pub moderation: Option<Url>,
    pub moderation_did: Option<String>,
    /// Password of the operator's methods (`com.atproto.admin.*`, as `admin:PASSWORD`); they are off when absent.
    pub admin_token: Option<String>,
    /// A resolver of texts in the DNS over HTTPS, for handles; the machine's own when absent.
    pub dns: Option<Url>,
    /// Hours that our stream is kept for readers who were away.
    pub stream_hours: u32,
    /// Whether apps are held to the network's usual rate limits.
    pub rate_limits: bool,
}

impl Default for AtProto {
    fn default() -> AtProto {
        AtProto {
            pds_host: None,
            handle_domain: None,
            directory: None,
            relays: Vec::new(),
            streams: Vec::new(),
            jetstreams: Vec::new(),
            labelers: Vec::new(),
            appview: None,
            appview_did: None,
            chat: None,
            chat_did: None,
            moderation: None,
            moderation_did: None,
            admin_token: None,
            dns: None,
            stream_hours: 72,
            rate_limits: true,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    #[default]
    Closed,
    Invite,
    Approval,
    Open,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registrations {
    pub mode: RegistrationMode,
}

/// What a network may do here, for everyone: the member's own choice can only be narrower.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkMode {
    Off,
    Read,
    #[default]
    ReadWrite,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Networks {
    pub activitypub: NetworkMode,
    pub nostr: NetworkMode,
    pub atproto: NetworkMode,
}
