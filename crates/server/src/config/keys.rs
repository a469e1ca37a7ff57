//! Every configuration key with its meaning: the reference that `landbridge config` prints, and the names that
//! a misspelt key is compared with.

/// `(key, meaning)`; sections are dotted. A test holds this equal to what [`super::Config`] reads.
pub const KEYS: &[(&str, &str)] = &[
    (
        "origin",
        "\"https://social.example.org\": where this server is reached. Permanent. Without it: a local trial",
    ),
    (
        "account_domain",
        "\"example.org\": the part after the @ of every address, when it is not the origin's host. Permanent",
    ),
    ("title", "name of this server, shown to people"),
    ("description", "a sentence or two about it"),
    ("contact", "the operator's e-mail address, shown to the public"),
    ("listen", "[\"0.0.0.0:443\"]: addresses to accept connections on"),
    ("listen_http", "[\"0.0.0.0:80\"]: plain HTTP beside TLS: redirects, and answers ACME's HTTP-01"),
    ("data_dir", "folder for the database, media, certificates and the root key"),
    (
        "database_url",
        "\"sqlite:/path/file\" or \"postgres://user@host/name\" (with ?sslmode=require: over TLS); default: SQLite in data_dir",
    ),
    ("database_connections", "PostgreSQL: connections open at once, at most"),
    ("root_key_file", "the root key outside the database; default: root.key in data_dir"),
    (
        "tls.mode",
        "\"off\" (a proxy speaks TLS), \"files\" or \"acme\" (accepts the authority's terms for you)",
    ),
    ("tls.certificate", "PEM chain for mode files, read again when it changes"),
    ("tls.key", "PEM private key for mode files"),
    ("tls.directory", "ACME directory URL; default: Let's Encrypt"),
    ("tls.contact", "\"mailto:you@example.org\": where the authority may write"),
    ("tls.extra_ca", "PEM file with the CA of a private ACME server"),
    (
        "tls.dns_hook",
        "program called `HOOK add|remove NAME VALUE` for TXT records: gives one wildcard certificate",
    ),
    ("outbound.allow_loopback", "true lets requests reach this machine itself: for tests only"),
    ("outbound.extra_ca", "PEM file with more certificate authorities to trust"),
    ("proxy.trusted", "[\"127.0.0.1/32\"]: networks whose X-Forwarded-For is believed"),
    ("log.format", "\"plain\" or \"json\""),
    ("log.level", "\"info\", or a filter such as \"warn,landbridge_hub=debug\""),
    ("metrics.listen", "\"127.0.0.1:9100\": /metrics for Prometheus and /health; default: off"),
    ("limits.body_bytes", "largest request body"),
    ("limits.media_bytes", "largest upload"),
    ("limits.request_seconds", "longest time until an answer begins"),
    ("limits.connections", "connections open at once"),
    (
        "limits.disk_reserve_bytes",
        "room to leave on the disk: with less, writes are refused before they are acknowledged",
    ),
    ("limits.stop_seconds", "how long a stop waits for running requests and deliveries"),
    ("limits.api_per_account", "API requests of an account per 5 minutes; 0: no limit"),
    ("limits.api_per_address", "API requests without a token, per address and 5 minutes; 0: no limit"),
    ("limits.media_per_account", "uploads of an account per 30 minutes; 0: no limit"),
    ("limits.deletes_per_account", "deletes of an account per 30 minutes; 0: no limit"),
    ("limits.sign_ins_per_address", "sign-in and sign-up attempts per address and 5 minutes; 0: no limit"),
    ("limits.federation_per_address", "inbox deliveries per address and 5 minutes; 0: no limit"),
    (
        "retention.remote_days",
        "days that remote posts and media are kept after their last local use; 0 keeps them",
    ),
    (
        "gate.new_days",
        "days: first contacts of whom this server has known for less are held until the member answers; 0: no such rule",
    ),
    (
        "activitypub.authorized_fetch",
        "true: posts and profiles are documents only for servers that sign their requests and are not blocked; \
         pages stay open",
    ),
    ("nostr.relays", "[\"wss://...\"]: relays where members write beside ours"),
    ("nostr.index_relays", "[\"wss://...\"]: relays asked for profiles and relay lists"),
    (
        "nostr.strangers_per_connection",
        "events of those who are no members to our relay, per connection and minute; 0: no limit",
    ),
    ("nostr.strangers_per_author", "the same, per author; 0: no limit"),
    ("nostr.wraps_per_member", "private messages of theirs to one member per minute; 0: no limit"),
    ("nostr.requests_per_connection", "requests to our relay per connection and minute; 0: no limit"),
    (
        "atproto.pds_host",
        "\"pds.example.org\": host name of the AT Protocol server; default: pds. and the origin's host",
    ),
    (
        "atproto.handle_domain",
        "\"example.org\": what members' handles end with; default: the origin's host. Every name below it must lead here",
    ),
    ("atproto.directory", "the directory of DIDs; default: plc.directory, and in a trial its own"),
    ("atproto.relays", "[\"https://...\"]: relays that are asked to read our stream"),
    ("atproto.streams", "[\"https://...\"]: relays and servers whose whole stream is read and verified"),
    ("atproto.jetstreams", "[\"https://...\"]: Jetstream servers, for less traffic than a whole stream"),
    ("atproto.labelers", "[\"did:plc:...\"]: labelers whose labels hide or cover posts for everybody here"),
    ("atproto.appview", "what answers for Bluesky apps (app.bsky.*); default: none"),
    ("atproto.appview_did", "\"did:web:...\": the DID of that service"),
    ("atproto.chat", "what answers chat.bsky.*; default: none"),
    ("atproto.chat_did", "\"did:web:...\": the DID of that service"),
    ("atproto.moderation", "where Bluesky apps' reports go as well; default: none"),
    ("atproto.moderation_did", "\"did:...\": the DID of that service"),
    (
        "atproto.admin_token",
        "password of the operator's methods (com.atproto.admin.*); default: they are off",
    ),
    (
        "atproto.dns",
        "\"https://...\": a resolver of texts in the DNS over HTTPS (handles); default: the machine's own",
    ),
    ("atproto.stream_hours", "hours that our stream is kept for readers who were away"),
    ("atproto.rate_limits", "whether Bluesky apps are held to the network's usual rate limits"),
    ("registrations.mode", "\"closed\", \"invite\" or \"open\"; \"approval\": only admins invite"),
    ("networks.activitypub", "\"off\", \"read\" or \"read-write\""),
    ("networks.nostr", "\"off\", \"read\" or \"read-write\""),
    ("networks.atproto", "\"off\", \"read\" or \"read-write\""),
];

/// Whether a key holds a list.
pub fn takes_several(key: &str) -> bool {
    KEYS.iter().any(|(name, says)| *name == key && says.starts_with('['))
}

/// Whether `key` is one of [`KEYS`].
pub fn known(key: &str) -> bool {
    KEYS.iter().any(|(name, _)| *name == key)
}

/// The known key that looks most like `key`, when one looks like it at all.
pub fn nearest(key: &str) -> Option<&'static str> {
    let leaf = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    KEYS.iter()
        .map(|(name, _)| {
            let whole = strsim::jaro_winkler(name, key);
            let last = strsim::jaro_winkler(&leaf(name), &leaf(key)) - 0.02;
            (whole.max(last), *name)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.75)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::collections::BTreeSet;

    fn flatten(prefix: &str, table: &toml::Table, keys: &mut BTreeSet<String>) {
        for (name, value) in table {
            match value {
                toml::Value::Table(inner) => flatten(&format!("{prefix}{name}."), inner, keys),
                _ => {
                    keys.insert(format!("{prefix}{name}"));
                }
            }
        }
    }

    #[test]
    fn the_list_is_what_the_types_read() {
        let url = || Some("https://example.org".parse().unwrap());
        let tls = crate::config::Tls {
            certificate: Some("c".into()),
            key: Some("k".into()),
            directory: url(),
            contact: Some(String::new()),
            extra_ca: Some("c".into()),
            dns_hook: Some("h".into()),
            ..Default::default()
        };
        let full = Config {
            origin: url(),
            account_domain: Some(String::new()),
            title: Some(String::new()),
            database_url: Some(String::new()),
            root_key_file: Some("k".into()),
            tls,
            outbound: crate::config::Outbound { extra_ca: Some("c".into()), ..Default::default() },
            atproto: crate::config::AtProto {
                pds_host: Some(String::new()),
                handle_domain: Some(String::new()),
                directory: url(),
                appview: url(),
                appview_did: Some(String::new()),
                chat: url(),
                chat_did: Some(String::new()),
                moderation: url(),
                moderation_did: Some(String::new()),
                admin_token: Some(String::new()),
                dns: url(),
                ..Default::default()
            },
            metrics: crate::config::Metrics { listen: Some("127.0.0.1:1".parse().unwrap()) },
            ..Config::default()
        };
        let mut read = BTreeSet::new();
        flatten("", &toml::Table::try_from(full).unwrap(), &mut read);
        let listed = KEYS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(read, listed);
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_key() {
        assert_eq!(nearest("orgin"), Some("origin"));
        assert_eq!(nearest("tls.certficate"), Some("tls.certificate"));
        assert_eq!(nearest("proxy.truste"), Some("proxy.trusted"));
        assert_eq!(nearest("tls.directry"), Some("tls.directory"));
        assert_eq!(nearest("zzzz"), None);
    }
}
