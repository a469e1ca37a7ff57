//! `requestCrawl`: relays are told that there is something to read, at the start and when something happens after a quiet
//! time; a relay that reads already does not mind.

use crate::network::AtProto;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use landbridge_hub::Stop;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// Relays are asked this often, at most.
const EVERY: Duration = Duration::from_secs(20 * 60);
const MOST_ANSWER: usize = 64 << 10;

pub async fn run(at: Arc<AtProto>, mut stop: Stop) {
    // Ids of a trial are worth nothing outside.
    if at.options.relays.is_empty() || at.hub.config().trial {
        return;
    }
    let mut news = at.news.subscribe();
    loop {
        for relay in &at.options.relays {
            if let Err(why) = ask(&at, relay).await {
                tracing::warn!(%relay, why, "a relay did not take our request to read us");
            }
        }
        let quiet_until = Instant::now() + EVERY;
        tokio::select! {
            () = tokio::time::sleep_until(quiet_until) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        news.borrow_and_update();
        tokio::select! {
            _ = news.changed() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn ask(at: &AtProto, relay: &Url) -> Result<(), String> {
    let url = relay.join("/xrpc/com.atproto.sync.requestCrawl").map_err(|error| error.to_string())?;
    let host = at.options.pds.host_str().unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = Bytes::from(json!({ "hostname": host }).to_string());
    let answer = at.hub.fetcher().post(&url, headers, body, MOST_ANSWER).await;
    let answer = answer.map_err(|error| error.to_string())?;
    match answer.status.is_success() {
        true => Ok(()),
        false => Err(format!("{} {}", answer.status.as_u16(), String::from_utf8_lossy(&answer.body))),
    }
}
