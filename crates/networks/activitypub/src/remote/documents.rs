//! Fetching documents: signed, typed, bounded, and believed only where their own host vouches for them.

use crate::signature::Dialect;
use crate::urls::{Urls, host_of};
use crate::vocab::{self, ACCEPT, Node, is_activity_type, same_authority};
use crate::{ActivityPub, identity::Signer};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use landbridge_fetch::{Response, Retry};
use landbridge_hub::Hub;
use serde_json::Value;
use url::Url;

/// A document that its own host gave out under its id.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) value: Value,
    pub(crate) bytes: Bytes,
}

impl Document {
    pub(crate) fn node(&self) -> Node<'_> {
        Node(&self.value)
    }
}

/// Why there is no document.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Missing {
    /// Its server says so (410, or a tombstone).
    #[error("it is gone")]
    Gone,
    /// It may be gone, or not be shown to us: servers say 404 of what is for few.
    #[error("it is not there")]
    NotThere,
    #[error("its server does not show it to us")]
    Forbidden,
    #[error("there is nothing of this network there: {0}")]
    NotActivity(&'static str),
    #[error("not now: {0}")]
    Later(String),
    /// It is this server that cannot look now.
    #[error("not now: {0}")]
    Ours(String),
}

impl ActivityPub {
    /// The document with that id. When the one found there names another id of the same host, that one is asked for.
    pub(crate) async fn document(&self, hub: &Hub, id: &str) -> Result<Document, Missing> {
        let mut asked = id.to_owned();
        for _ in 0..2 {
            let (value, bytes, from) = self.get(hub, &asked).await?;
            let own = Node(&value).own_id().ok_or(Missing::NotActivity("no id"))?.to_owned();
            let same = |url: &str| own == url || own.split('#').next() == url.split('#').next();
            if same(&asked) || same(from.as_str()) {
                // A redirect to another host does not let that host speak for the first, nor the reverse.
                return match same_authority(&own, from.as_str()) {
                    true => Ok(Document { id: own, value, bytes }),
                    false => Err(Missing::NotActivity("redirected to another host")),
                };
            }
            asked = own;
        }
        Err(Missing::NotActivity("its id leads elsewhere"))
    }

    /// Whatever document is at a URL, unchecked but for its type.
    pub(crate) async fn get(&self, hub: &Hub, url: &str) -> Result<(Value, Bytes, Url), Missing> {
        let mut url = Url::parse(url).map_err(|_| Missing::NotActivity("not a URL"))?;
        url.set_fragment(None);
        if Urls::new(hub).is_ours(url.as_str()) {
            return Err(Missing::NotActivity("it is ours"));
        }
        let _permit = self.fetches.acquire().await.map_err(|_| Missing::Ours("stopping".into()))?;
        let response = self.signed_get(hub, &url).await?;
        let status = response.status;
        match status.as_u16() {
            200..=299 => {}
            404 => return Err(Missing::NotThere),
            410 => return Err(Missing::Gone),
            400 | 401 | 403 | 406 => return Err(Missing::Forbidden),
            429 | 500..=599 => return Err(Missing::Later(format!("it answered {status}"))),
            _ => return Err(Missing::NotActivity("an unexpected answer")),
        }
        let typed = response.headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok());
        if !typed.is_some_and(is_activity_type) {
            return Err(Missing::NotActivity("another content type"));
        }
        let value = vocab::parse(&response.body).map_err(|_| Missing::NotActivity("not a document"))?;
        if Node(&value).is("Tombstone") {
            return Err(Missing::Gone);
        }
        Ok((value, response.body, response.url))
    }

    /// Signed in the dialect that this host understood last; on refusal once more in the other one.
    async fn signed_get(&self, hub: &Hub, url: &Url) -> Result<Response, Missing> {
        let signer = self.instance(hub).await.map_err(|e| Missing::Ours(e.to_string()))?;
        let host = host_of(url.as_str());
        let known = self.dialects.get(&host);
        let first = self.send_get(hub, url, &signer, known.unwrap_or_default()).await?;
        let refused = matches!(
            first.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST
        );
        if !refused {
            return Ok(first);
        }
        let other = match known.unwrap_or_default() {
            Dialect::Cavage => Dialect::Rfc9421,
            Dialect::Rfc9421 => Dialect::Cavage,
        };
        let second = self.send_get(hub, url, &signer, other).await?;
        if second.status.is_success() {
            self.dialects.insert(host, other);
        }
        Ok(second)
    }

    async fn send_get(
        &self,
        hub: &Hub,
        url: &Url,
        signer: &Signer,
        dialect: Dialect,
    ) -> Result<Response, Missing> {
        let sign = |hop: &Url| {
            let mut headers =
                signer.sign(dialect, &Method::GET, hop, None, None).unwrap_or_else(|_| HeaderMap::new());
            headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
            headers
        };
        let sent = hub.fetcher().send(Method::GET, url, Bytes::new(), vocab::MAX_BODY, sign).await;
        sent.map_err(|e| match e.retry() {
            Retry::Never => Missing::NotActivity("not to be fetched"),
            Retry::Later => Missing::Later(e.to_string()),
        })
    }
}
