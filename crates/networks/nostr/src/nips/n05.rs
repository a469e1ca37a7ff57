//! Names that point to keys (NIP-05): `/.well-known/nostr.json`.

use crate::event::Hex32;
use http::HeaderMap;
use landbridge_fetch::{Fetcher, Retry};
use serde_json::Value;

/// A name's key and the relays that its host names for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub key: Hex32,
    pub relays: Vec<String>,
}

/// The host said nothing of a name: it was not there, or had too much to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// Largest document that is read, in bytes.
const LARGEST: usize = 256 * 1024;

/// Splits `name@host`; a bare host stands for `_@host`.
pub fn split(text: &str) -> Option<(String, String)> {
    let text = text.trim().trim_start_matches('@').to_ascii_lowercase();
    let (name, host) = text.split_once('@').unwrap_or(("_", &text));
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let host_fits = !host.is_empty()
        && host.len() < 260
        && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@?#\\".contains(c));
    (!name.is_empty() && name.len() <= 64 && name.bytes().all(good) && host_fits)
        .then(|| (name.to_owned(), host.to_owned()))
}

/// Asks the host; `None`: it knows no such name. Redirects are not followed to another host's answer: NIP-05 forbids them.
pub async fn look_up(fetcher: &Fetcher, name: &str, host: &str) -> Result<Option<Found>, NoAnswer> {
    let scheme = if fetcher.policy().https_only { "https" } else { "http" };
    let url = url::Url::parse(&format!("{scheme}://{host}/.well-known/nostr.json"));
    let Ok(mut url) = url else { return Ok(None) };
    url.query_pairs_mut().append_pair("name", name);
    let answer = match fetcher.get(&url, HeaderMap::new(), LARGEST).await {
        Ok(answer) => answer,
        Err(error) if error.retry() == Retry::Never => return Ok(None),
        Err(_) => return Err(NoAnswer),
    };
    if answer.status.is_server_error() || matches!(answer.status.as_u16(), 408 | 429) {
        return Err(NoAnswer);
    }
    Ok((answer.status.is_success() && answer.url == url).then(|| read(&answer.body, name)).flatten())
}

pub(crate) fn read(body: &[u8], name: &str) -> Option<Found> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let key: Hex32 = document.get("names")?.get(name)?.as_str()?.parse().ok()?;
    let list = document.get("relays").and_then(|r| r.get(key.to_string())).and_then(Value::as_array);
    let relays =
        list.into_iter().flatten().filter_map(Value::as_str).filter_map(super::n65::normal).take(8).collect();
    Some(Found { key, relays })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(split("Bob@Example.COM"), Some(("bob".into(), "example.com".into())));
        assert_eq!(split("example.com"), Some(("_".into(), "example.com".into())));
        assert_eq!(split("a b@example.com"), None);
        assert_eq!(split("bob@exa/mple"), None);
    }

    #[test]
    fn documents() {
        let key = Hex32([3; 32]);
        let good =
            format!(r#"{{"names":{{"bob":"{key}"}},"relays":{{"{key}":["wss://r.example/","nonsense"]}}}}"#);
        let found = read(good.as_bytes(), "bob").unwrap();
        assert_eq!((found.key, found.relays), (key, vec!["wss://r.example".to_owned()]));
        assert_eq!(read(good.as_bytes(), "eve"), None);
        assert_eq!(read(good.to_uppercase().as_bytes(), "BOB"), None);
        assert_eq!(read(b"<html>", "bob"), None);
    }
}
