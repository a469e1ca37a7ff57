//! Remote pictures are shown through a path of ours, so that readers' addresses stay here. The pages' door serves it.
//!
//! What is fetched passes through the media worker like an upload, and is kept apart from members' files until a sweep.

use crate::{Hub, HubError, moderation::Rule, uploads};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use landbridge_media::Purpose;
use moka::future::Cache;
use std::{sync::Arc, time::Duration};
use url::Url;

/// Bytes of the stamp.
const STAMP: usize = 16;

/// What became of remote files: the name of the file to show (`None`: there is none to be had).
pub(crate) type Proxied = Cache<String, Option<Arc<str>>>;

/// Remembers for an hour.
pub(crate) fn cache() -> Proxied {
    Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(3600)).build()
}

impl Hub {
    /// Path on our host that shows a remote file: `/media/proxy/STAMP/URL`. Only we can make the stamp, so that nobody
    /// can have us fetch what they like.
    pub fn proxied(&self, url: &str) -> String {
        format!("/media/proxy/{}/{}", self.proxy_stamp(url), URL_SAFE_NO_PAD.encode(url))
    }

    /// The remote URL of such a path's last two segments; `None` when it was not made here.
    pub fn unproxied(&self, stamp: &str, encoded: &str) -> Option<Url> {
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(
            self.proxy_stamp(&url).as_bytes(),
            stamp.as_bytes(),
        );
        same.ok()?;
        Url::parse(&url).ok()
    }

    /// The file behind such a path, a name in the cache of [`Hub::media`]: fetched when it is not there, once however
    /// many ask. `small`: the preview. [`HubError::NotFound`] when there is none or its host is blocked.
    pub async fn proxied_file(&self, stamp: &str, encoded: &str, small: bool) -> Result<Arc<str>, HubError> {
        let url = self.unproxied(stamp, encoded).ok_or(HubError::NotFound)?;
        let key = format!("{} {url}", if small { "small" } else { "whole" });
        let known = self.reading().proxied.get(&key).await;
        // A sweep may have taken the file since.
        if let Some(Some(file)) = &known
            && !self.media().cache().has(file)
        {
            self.reading().proxied.invalidate(&key).await;
        }
        let file = self.reading().proxied.get_with(key, self.fetch_picture(url, small)).await;
        file.ok_or(HubError::NotFound)
    }

    async fn fetch_picture(&self, url: Url, small: bool) -> Option<Arc<str>> {
        let host = url.host_str()?.to_owned();
        if matches!(self.domain_rule(&host).await, Ok(Some(Rule::Block))) {
            return None;
        }
        let most = self.media().limits().video_bytes;
        let answer = self
            .fetcher()
            .get(&url, HeaderMap::new(), most)
            .await
            .ok()
            .filter(|a| a.status == StatusCode::OK)?;
        let kept =
            self.media().cache().ingest(answer.body, Purpose::Attachment).await.map_err(uploads::refused);
        let kept =
            kept.inspect_err(|e| tracing::debug!(%host, error = %e, "a remote file is not shown")).ok()?;
        let name = if small { kept.preview.or(kept.file) } else { kept.file };
        name.map(Arc::from)
    }

    fn proxy_stamp(&self, url: &str) -> String {
        let hash = self.keyed_hash(&format!("proxied {url}"));
        URL_SAFE_NO_PAD.encode(hash.get(..STAMP).unwrap_or(&hash))
    }
}
