//! The Nostr relays that members' posts go to: each must answer with its information document (NIP-11).

use http::{HeaderMap, HeaderValue, header};
use landbridge_fetch::Fetcher;
use url::Url;

use super::Finding;
use crate::config::{Config, NetworkMode};

pub async fn answer(config: &Config, fetcher: &Fetcher) -> Vec<Finding> {
    if config.networks.nostr == NetworkMode::Off {
        return Vec::new();
    }
    let asked = config.nostr.relays.iter().chain(&config.nostr.index_relays).map(|relay| one(relay, fetcher));
    futures_util::future::join_all(asked).await
}

async fn one(relay: &Url, fetcher: &Fetcher) -> Finding {
    let about = "Nostr relay";
    let https = relay.as_str().replacen("ws", "http", 1);
    let Ok(url) = Url::parse(&https) else {
        return Finding::problem(about, format!("{relay} is no relay address"), "it must begin with wss://");
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/nostr+json"));
    match fetcher.get(&url, headers, 256 << 10).await {
        Ok(answer) if serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok() => {
            Finding::good(about, format!("{relay} answers"))
        }
        Ok(answer) => Finding::note(
            about,
            format!("{relay} does not describe itself ({})", answer.status),
            "it may work all the same; if posts wait for it, choose another",
        ),
        Err(error) => Finding::note(
            about,
            format!("{relay} cannot be reached: {error}"),
            "posts for it wait and are tried again; take it out if it stays away",
        ),
    }
}
