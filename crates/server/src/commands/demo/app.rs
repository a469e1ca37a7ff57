//! A member's app: the Mastodon client API over HTTP, as any app speaks it.

use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use landbridge_fetch::Fetcher;
use serde_json::Value;
use url::Url;

use super::Place;

/// Far above any answer here.
const MOST: usize = 4 << 20;

pub struct App {
    origin: Url,
    token: String,
    fetcher: Fetcher,
    pub name: &'static str,
}

impl App {
    pub fn of(place: &Place) -> anyhow::Result<Self> {
        Ok(Self {
            origin: place.origin.parse()?,
            token: place.token.clone(),
            fetcher: place.hub.fetcher().clone(),
            name: place.member,
        })
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, Bytes::from(body.to_string())).await
    }

    /// The id, here, of somebody who may be anywhere.
    pub async fn find(&self, address: &str) -> anyhow::Result<String> {
        let mut url = self.origin.join("/api/v2/search?resolve=true&type=accounts")?;
        url.query_pairs_mut().append_pair("q", address);
        let found = self.get(&url[url::Position::BeforePath..]).await?;
        let id = found["accounts"][0]["id"].as_str().with_context(|| format!("{address} was not found"))?;
        Ok(id.to_owned())
    }

    /// The id, here, of the post with these words on a timeline or in the notifications.
    pub async fn post_with(&self, path: &str, words: &str) -> anyhow::Result<Option<String>> {
        let items = self.get(path).await?;
        let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
        let statuses =
            items.iter().map(|item| if item["status"].is_object() { &item["status"] } else { item });
        let mut found =
            statuses.filter(|status| status["content"].as_str().is_some_and(|text| text.contains(words)));
        Ok(found.find_map(|status| status["id"].as_str()).map(str::to_owned))
    }

    /// Whether a notification of this kind has come, from a person whose address begins like this.
    pub async fn notified(&self, kind: &str, from: &str) -> anyhow::Result<Option<()>> {
        let items = self.get("/api/v1/notifications").await?;
        let mut items = items.as_array().map(Vec::as_slice).unwrap_or_default().iter();
        let fits = |item: &&Value| {
            item["type"] == kind
                && item["account"]["acct"].as_str().is_some_and(|acct| acct.starts_with(from))
        };
        Ok(items.find(fits).map(|_| ()))
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Value> {
        let url = self.origin.join(path)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token))?;
        let headers = move |_: &Url| {
            let json = HeaderValue::from_static("application/json");
            HeaderMap::from_iter([(AUTHORIZATION, bearer.clone()), (CONTENT_TYPE, json)])
        };
        let answer = self.fetcher.send(method.clone(), &url, body, MOST, headers).await?;
        if !answer.status.is_success() {
            bail!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }
}
