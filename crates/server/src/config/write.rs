//! The configuration file that `golive` writes: few keys, each with its meaning above it.

use std::path::Path;
use toml::{Table, Value};

use super::keys::KEYS;

/// What `golive` decided.
pub struct Public<'a> {
    pub origin: &'a str,
    pub account_domain: Option<&'a str>,
    pub data_dir: &'a Path,
    pub behind_proxy: bool,
    /// The e-mail address that the certificate authority may write to.
    pub contact: Option<&'a str>,
    pub registrations: Option<&'a str>,
}

/// Public relays: where members' public posts go beside our own relay, and where people are looked up.
const RELAYS: [&str; 2] = ["wss://relay.damus.io", "wss://nos.lol"];
const INDEX_RELAYS: [&str; 1] = ["wss://purplepag.es"];

/// What reads members' repositories, and where everybody else's are read.
const AT_RELAYS: [&str; 1] = ["https://bsky.network"];
const JETSTREAMS: [&str; 1] = ["https://jetstream2.us-east.bsky.network"];
/// Services for members' Bluesky apps: key, address, DID.
const SERVICES: [(&str, &str, &str); 3] = [
    ("appview", "https://api.bsky.app", "did:web:api.bsky.app"),
    ("chat", "https://api.bsky.chat", "did:web:api.bsky.chat"),
    ("moderation", "https://mod.bsky.app", "did:plc:ar7c4by46qjdydhdevvrndac"),
];

/// The keys of a public server: what was decided now, and beside it what the operator had `kept` in the file before.
pub fn settings(mut kept: Table, public: &Public<'_>) -> Table {
    // Where a trial was to be found is nothing to keep.
    for place in ["origin", "account_domain", "listen", "listen_http"] {
        kept.remove(place);
    }
    kept.insert("origin".into(), public.origin.into());
    if let Some(domain) = public.account_domain {
        kept.insert("account_domain".into(), domain.into());
    }
    kept.insert("data_dir".into(), public.data_dir.display().to_string().into());
    if public.behind_proxy {
        kept.insert("listen".into(), list(&["127.0.0.1:8840"]));
        change(&mut kept, "tls", |tls| drop(tls.insert("mode".into(), "off".into())));
        change(&mut kept, "proxy", |proxy| or_insert(proxy, "trusted", list(&["127.0.0.1/32", "::1/128"])));
    } else {
        kept.insert("listen".into(), list(&["[::]:443"]));
        kept.insert("listen_http".into(), list(&["[::]:80"]));
        change(&mut kept, "tls", |tls| {
            // Certificates that the operator has in files stay where they are.
            if tls.get("mode").and_then(Value::as_str) != Some("files") {
                tls.insert("mode".into(), "acme".into());
            }
            if let Some(address) = public.contact {
                tls.insert("contact".into(), format!("mailto:{address}").into());
            }
        });
    }
    change(&mut kept, "registrations", |registrations| match public.registrations {
        Some(mode) => drop(registrations.insert("mode".into(), mode.into())),
        None => or_insert(registrations, "mode", "invite".into()),
    });
    change(&mut kept, "nostr", |nostr| {
        or_insert(nostr, "relays", list(&RELAYS));
        or_insert(nostr, "index_relays", list(&INDEX_RELAYS));
    });
    change(&mut kept, "atproto", |atproto| {
        or_insert(atproto, "relays", list(&AT_RELAYS));
        or_insert(atproto, "jetstreams", list(&JETSTREAMS));
        for (key, url, did) in SERVICES {
            if !atproto.contains_key(key) {
                atproto.insert(key.into(), url.into());
                atproto.insert(format!("{key}_did"), did.into());
            }
        }
    });
    kept
}

/// The text of `landbridge.toml`, in the order of [`KEYS`].
pub fn public_file(settings: &Table) -> String {
    let mut text = String::from(
        "# Written by `landbridge golive`; yours to change. `landbridge config` lists every key.\n",
    );
    let mut open = "";
    for (key, meaning) in KEYS {
        let (section, name) = key.split_once('.').unwrap_or(("", key));
        let table =
            if section.is_empty() { Some(settings) } else { settings.get(section).and_then(Value::as_table) };
        let Some(value) = table.and_then(|table| table.get(name)) else { continue };
        if section != open {
            open = section;
            text.push_str(&format!("\n[{section}]"));
        }
        text.push_str(&format!("\n# {meaning}\n{name} = {value}\n"));
    }
    text
}

fn change(settings: &mut Table, section: &str, change: impl FnOnce(&mut Table)) {
    let mut table = match settings.remove(section) {
        Some(Value::Table(table)) => table,
        _ => Table::new(),
    };
    change(&mut table);
    settings.insert(section.into(), Value::Table(table));
}

fn or_insert(table: &mut Table, key: &str, value: Value) {
    table.entry(key).or_insert(value);
}

fn list(values: &[&str]) -> Value {
    Value::Array(values.iter().map(|value| Value::from(*value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(behind_proxy: bool, contact: Option<&str>) -> Public<'_> {
        Public {
            origin: "https://social.example.org",
            account_domain: Some("example.org"),
            data_dir: Path::new("/var/lib/land \"bridge\""),
            behind_proxy,
            contact,
            registrations: None,
        }
    }

    fn written(kept: &str, public: &Public<'_>) -> crate::config::Config {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("landbridge.toml");
        std::fs::write(&file, public_file(&settings(kept.parse().unwrap(), public))).unwrap();
        crate::config::load(Some(&file), std::iter::empty()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (behind_proxy, contact) in [(true, None), (false, None), (false, Some("ops@example.org"))] {
            let config = written("", &public(behind_proxy, contact));
            assert_eq!(config.account_domain.as_deref(), Some("example.org"));
            assert_eq!(config.data_dir, Path::new("/var/lib/land \"bridge\""));
            assert_eq!(config.proxy.trusted.len(), if behind_proxy { 2 } else { 0 });
            assert_eq!(config.tls.contact, contact.map(|address| format!("mailto:{address}")));
        }
    }

    #[test]
    fn what_the_operator_had_set_stays_and_the_trials_place_does_not() {
        let kept = "title = \"Ours\"\nlisten = [\"127.0.0.1:8841\"]\ndatabase_url = \"postgres://u@h/d\"\n\
                    [tls]\ndirectory = \"https://ca.example/dir\"\n[limits]\nconnections = 99\n\
                    [registrations]\nmode = \"open\"\n";
        let config = written(kept, &public(false, None));
        assert_eq!(config.title.as_deref(), Some("Ours"));
        assert_eq!(config.database_url.as_deref(), Some("postgres://u@h/d"));
        assert_eq!(config.tls.directory.unwrap().as_str(), "https://ca.example/dir");
        assert_eq!(config.limits.connections, 99);
        assert_eq!(config.listen[0].port(), 443);
        assert_eq!(config.registrations.mode, crate::config::RegistrationMode::Open);
    }

    #[test]
    fn certificates_in_files_stay() {
        let kept = "[tls]\nmode = \"files\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n";
        assert_eq!(written(kept, &public(false, None)).tls.mode, crate::config::TlsMode::Files);
        assert_eq!(written(kept, &public(true, None)).tls.mode, crate::config::TlsMode::Off);
    }
}
