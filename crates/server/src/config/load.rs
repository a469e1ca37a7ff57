//! File, then environment, then checks that need both.

use super::{Config, NetworkMode, TlsMode, keys};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Environment variables that are ours but no configuration keys.
const RESERVED: &[&str] = &["LANDBRIDGE_CONFIG", "LANDBRIDGE_ROOT_KEY"];

/// Kubernetes tells each container where a service of our name is by variables like LANDBRIDGE_SERVICE_HOST and
/// LANDBRIDGE_PORT_443_TCP.
fn is_reserved(name: &str) -> bool {
    let of_a_service =
        |rest: &str| rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
    RESERVED.contains(&name) || name.strip_prefix("LANDBRIDGE_").is_some_and(of_a_service)
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read the configuration {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not valid TOML: {source}")]
    Syntax { path: PathBuf, source: Box<toml::de::Error> },
    #[error("unknown key `{key}` in {place}{}", nearest_hint(.key))]
    Unknown { key: String, place: String },
    #[error("{0}")]
    Value(#[from] Box<toml::de::Error>),
    #[error("{0}")]
    Wrong(String),
}

fn nearest_hint(key: &str) -> String {
    keys::nearest(key).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Reads the configuration.
///
/// `file` is the operator's choice and must exist. `environment` yields `(name, value)`; `LANDBRIDGE_SECTION__KEY`
/// overrides `section.key`.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Error> {
    let table = match file {
        Some(path) => read(path)?,
        None => Table::new(),
    };
    complete(table, environment)
}

/// What a file holds, or would hold once it is written, overridden by the environment and checked.
pub fn complete(
    mut table: Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Error> {
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix("LANDBRIDGE_").filter(|_| !is_reserved(&name)) else { continue };
        let key = rest.to_ascii_lowercase().replace("__", ".");
        if !keys::known(&key) {
            return Err(Error::Unknown { key, place: format!("the environment ({name})") });
        }
        set(&mut table, &key, typed(&key, &value));
    }
    let config: Config = table.try_into().map_err(Box::new)?;
    check(&config)?;
    Ok(config)
}

/// The keys that a file sets, as they stand there; an unknown one is an error.
pub fn read(path: &Path) -> Result<Table, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let table: Table =
        text.parse().map_err(|source| Error::Syntax { path: path.to_owned(), source: Box::new(source) })?;
    check_known(&table, "", path)?;
    Ok(table)
}

fn check_known(table: &Table, prefix: &str, path: &Path) -> Result<(), Error> {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        let section = format!("{key}.");
        match value {
            Value::Table(inner) if keys::KEYS.iter().any(|(known, _)| known.starts_with(&section)) => {
                check_known(inner, &section, path)?;
            }
            _ if keys::known(&key) => {}
            _ => return Err(Error::Unknown { key, place: path.display().to_string() }),
        }
    }
    Ok(())
}

/// An environment value is TOML when it reads as a number, a truth value or a list that the key takes, else text as it
/// stands; for a key that takes several, what stands between commas.
fn typed(key: &str, value: &str) -> Value {
    let read = match format!("v = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("v")) {
        Some(value @ (Value::Integer(_) | Value::Boolean(_) | Value::Array(_) | Value::String(_))) => value,
        _ => Value::String(value.to_owned()),
    };
    match read {
        // A title may be a number.
        Value::Integer(_) | Value::Boolean(_) if !fits(key, &read) => Value::String(value.to_owned()),
        Value::String(text) if keys::takes_several(key) => {
            let each = text.split(',').map(str::trim).filter(|one| !one.is_empty());
            Value::Array(each.map(|one| Value::String(one.to_owned())).collect())
        }
        read => read,
    }
}

fn fits(key: &str, value: &Value) -> bool {
    let mut table = Table::new();
    set(&mut table, key, value.clone());
    table.try_into::<Config>().is_ok()
}

fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

/// What no single key can be blamed for.
fn check(config: &Config) -> Result<(), Error> {
    let wrong = |text: &str| Err(Error::Wrong(text.to_owned()));
    let Some(origin) = &config.origin else {
        if config.account_domain.is_some() || config.tls.mode != TlsMode::Off {
            return wrong(
                "`account_domain` and `tls` need `origin`: run `landbridge golive DOMAIN` to set them",
            );
        }
        let local = |url: &url::Url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".test"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if !config.nostr.relays.iter().chain(&config.nostr.index_relays).all(local) {
            return wrong(
                "a local trial never leaves this machine: take the public relays out, or set `origin`",
            );
        }
        return Ok(());
    };
    if origin.scheme() != "https" || origin.path() != "/" || origin.query().is_some() {
        return wrong(
            "`origin` must be `https://` and a host name, nothing more: every id is made from it for ever",
        );
    }
    if !matches!(origin.host(), Some(url::Host::Domain(_))) {
        return wrong("`origin` needs a host name, not a number: every id is made from it for ever");
    }
    if config.tls.mode == TlsMode::Files && (config.tls.certificate.is_none() || config.tls.key.is_none()) {
        return wrong("`tls.mode = \"files\"` needs `tls.certificate` and `tls.key`");
    }
    let networks = &config.networks;
    if [networks.activitypub, networks.nostr, networks.atproto].iter().all(|mode| *mode == NetworkMode::Off) {
        return wrong("every network is off: switch one on under `[networks]`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogFormat;

    fn with_env(pairs: &[(&str, &str)]) -> Result<Config, Error> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l.toml");
        std::fs::write(&file, "origin = \"https://example.org\"\n[log]\nformat = \"json\"\n").unwrap();
        load(Some(&file), pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn environment_overrides_the_file_key_by_key() {
        let config = with_env(&[
            ("LANDBRIDGE_LIMITS__BODY_BYTES", "4096"),
            ("LANDBRIDGE_LISTEN", "[\"127.0.0.1:9\"]"),
            ("LANDBRIDGE_LISTEN_HTTP", "127.0.0.1:80, [::1]:80"),
            ("LANDBRIDGE_DATA_DIR", "/var/lib/x"),
            ("LANDBRIDGE_ROOT_KEY", "not a key of the file"),
            ("LANDBRIDGE_SERVICE_HOST", "10.0.0.1"),
            ("LANDBRIDGE_PORT_443_TCP", "tcp://10.0.0.1:443"),
            ("PATH", "ignored"),
        ])
        .unwrap();
        assert_eq!(config.limits.body_bytes, 4096);
        assert_eq!(config.listen[0].port(), 9);
        assert_eq!(config.listen_http.iter().map(|a| a.is_ipv6()).collect::<Vec<_>>(), [false, true]);
        assert_eq!(config.data_dir, Path::new("/var/lib/x"));
        assert_eq!(config.log.format, LogFormat::Json);
    }

    #[test]
    fn text_may_look_like_a_number() {
        let config = with_env(&[
            ("LANDBRIDGE_TITLE", "2026"),
            ("LANDBRIDGE_ATPROTO__ADMIN_TOKEN", "true"),
            ("LANDBRIDGE_LIMITS__BODY_BYTES", "4096"),
        ])
        .unwrap();
        assert_eq!(config.title.as_deref(), Some("2026"));
        assert_eq!(config.limits.body_bytes, 4096);
        let error = with_env(&[("LANDBRIDGE_LIMITS__BODY_BYTES", "many")]).unwrap_err().to_string();
        assert!(error.contains("many"), "{error}");
    }

    #[test]
    fn an_unknown_key_names_the_nearest_one() {
        let error = with_env(&[("LANDBRIDGE_LOG__LEVL", "info")]).unwrap_err().to_string();
        assert!(error.contains("`log.levl`") && error.contains("did you mean `log.level`?"), "{error}");

        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l.toml");
        std::fs::write(&file, "[tls]\ncertifcate = \"x\"\n").unwrap();
        let error = load(Some(&file), std::iter::empty()).unwrap_err().to_string();
        assert!(error.contains("did you mean `tls.certificate`?"), "{error}");
    }

    #[test]
    fn an_origin_that_could_not_last_is_refused() {
        for origin in ["http://example.org", "https://example.org/path", "https://192.0.2.1"] {
            assert!(with_env(&[("LANDBRIDGE_ORIGIN", origin)]).is_err(), "{origin}");
        }
    }

    #[test]
    fn a_trial_refuses_public_relays() {
        let env = [("LANDBRIDGE_NOSTR__RELAYS".to_owned(), "[\"wss://relay.example.org\"]".to_owned())];
        assert!(load(None, env.into_iter()).unwrap_err().to_string().contains("never leaves this machine"));
    }
}
