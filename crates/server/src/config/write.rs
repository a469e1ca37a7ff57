//! The configuration file that `golive` writes: few keys, each with its reason.

use std::path::Path;

/// What `golive` decided.
pub struct Public<'a> {
    pub origin: &'a str,
    pub account_domain: Option<&'a str>,
    pub data_dir: &'a Path,
    /// `None`: a proxy in front speaks TLS.
    pub acme_contact: Option<Option<&'a str>>,
    pub registrations: &'a str,
}

/// The text of `landbridge.toml` for a public server.
pub fn public_file(public: &Public<'_>) -> String {
    let mut text = String::from("# Written by `landbridge golive`. `landbridge config` lists every key.\n\n");
    let quoted = |value: &str| toml::Value::String(value.to_owned()).to_string();
    text.push_str("# Permanent: every id on every network is made from these. A change is refused.\n");
    text.push_str(&format!("origin = {}\n", quoted(public.origin)));
    if let Some(domain) = public.account_domain {
        text.push_str(&format!("account_domain = {}\n", quoted(domain)));
    }
    text.push_str(&format!("\ndata_dir = {}\n", quoted(&public.data_dir.display().to_string())));
    match public.acme_contact {
        Some(contact) => {
            text.push_str("listen = [\"[::]:443\"]\nlisten_http = [\"[::]:80\"]\n\n[tls]\nmode = \"acme\"\n");
            match contact {
                Some(address) => {
                    text.push_str(&format!("contact = {}\n", quoted(&format!("mailto:{address}"))))
                }
                None => text.push_str("# contact = \"mailto:you@example.org\"\n"),
            }
            text.push_str(
                "# One wildcard certificate instead of one per name: a program that sets TXT records.\n",
            );
            text.push_str("# dns_hook = \"/etc/landbridge/dns-hook\"\n");
        }
        None => {
            text.push_str(
                "listen = [\"127.0.0.1:8840\"]\n\n# A proxy in front speaks TLS.\n[tls]\nmode = \"off\"\n",
            );
            text.push_str("\n[proxy]\ntrusted = [\"127.0.0.1/32\", \"::1/128\"]\n");
        }
    }
    text.push_str(&format!("\n[registrations]\nmode = {}\n", quoted(public.registrations)));
    text.push_str("\n# Public relays: where members' public posts go beside our own relay, and where people are looked up.\n");
    text.push_str("[nostr]\nrelays = [\"wss://relay.damus.io\", \"wss://nos.lol\"]\n");
    text.push_str("index_relays = [\"wss://purplepag.es\"]\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("landbridge.toml");
        for acme_contact in [None, Some(None), Some(Some("ops@example.org"))] {
            let text = public_file(&Public {
                origin: "https://social.example.org",
                account_domain: Some("example.org"),
                data_dir: Path::new("/var/lib/land \"bridge\""),
                acme_contact,
                registrations: "invite",
            });
            std::fs::write(&file, text).unwrap();
            let config = crate::config::load(Some(&file), std::iter::empty()).unwrap();
            assert_eq!(config.account_domain.as_deref(), Some("example.org"));
            assert_eq!(config.data_dir, Path::new("/var/lib/land \"bridge\""));
        }
    }
}
