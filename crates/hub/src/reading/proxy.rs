//! Remote pictures are shown through a path of ours, so that readers' addresses stay here. The pages' door serves it.
//!
//! What is fetched passes through the media worker like an upload, and is kept apart from members' files until its post is
//! deleted or nobody has looked at it for as long as remote posts are kept.

use crate::{Hub, HubError, moderation::Rule, uploads};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use landbridge_cache::Cache;
use landbridge_media::Purpose;
use landbridge_model::Time;
use landbridge_store::{WriteError, entities::files};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Bytes of the stamp.
const STAMP: usize = 16;

/// How exactly the last time that something was shown is known.
const NOTED_EVERY: Duration = Duration::from_secs(86_400);
/// How often a file is put down that is being removed by others at the same time.
const TRIES: u32 = 4;

/// What became of remote files, by URL (`None`: there is nothing to be had).
pub(crate) type Proxied = Cache<String, Option<Arc<Shown>>>;

/// Names of files in the cache.
pub(crate) struct Shown {
    file: Arc<str>,
    /// When it is another one.
    preview: Option<Arc<str>>,
}

/// Remembers for an hour.
pub(crate) fn cache() -> Proxied {
    Cache::living(20_000, Duration::from_secs(3600))
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
        let key = url.to_string();
        // A sweep, or the deletion of its post, may have taken the file since.
        if let Some(Some(shown)) = self.reading().proxied.get(&key)
            && !self.is_there(&shown)
        {
            self.reading().proxied.remove(&key);
        }
        let shown = self.reading().proxied.get_with_async(&key, self.shown_picture(url)).await;
        let shown = shown.ok_or(HubError::NotFound)?;
        Ok(match &shown.preview {
            Some(preview) if small => preview.clone(),
            _ => shown.file.clone(),
        })
    }

    fn is_there(&self, shown: &Shown) -> bool {
        let folder = self.media().cache();
        folder.has(&shown.file) && shown.preview.as_ref().is_none_or(|preview| folder.has(preview))
    }

    /// Fetches a picture that is to be shown soon.
    pub(crate) async fn fetch_picture(&self, url: Url) {
        self.reading().proxied.get_with_async(&url.to_string(), self.shown_picture(url)).await;
    }

    /// As it was fetched before, or fetched now.
    async fn shown_picture(&self, url: Url) -> Option<Arc<Shown>> {
        let host = url.host_str()?.to_owned();
        if matches!(self.domain_rule(&host).await, Ok(Some(Rule::Block))) {
            return None;
        }
        match self.kept_picture(&url).await {
            Ok(Some(shown)) => return Some(Arc::new(shown)),
            Ok(None) => {}
            Err(why) => tracing::warn!(%why, "what was fetched before is unknown"),
        }
        let most = self.media().limits().video_bytes;
        let answer = self
            .fetcher()
            .get(&url, HeaderMap::new(), most)
            .await
            .ok()
            .filter(|a| a.status == StatusCode::OK)?;
        let kept = self.keep_picture(&url, answer.body).await;
        kept.inspect_err(|why| tracing::debug!(%host, %why, "a remote file is not shown")).ok().map(Arc::new)
    }

    async fn kept_picture(&self, url: &Url) -> Result<Option<Shown>, HubError> {
        let (hash, now) = (self.fetched_hash(url.as_str()), Time::now());
        let Some(mut row) = self.store().row(files::fetched(hash.clone())).await? else { return Ok(None) };
        let text = |text: String| Arc::<str>::from(text);
        let shown = Shown { file: text(row.get(0)?), preview: row.get::<Option<String>>(1)?.map(text) };
        if !self.is_there(&shown) {
            return Ok(None);
        }
        if row.get::<Time>(2)? < now.minus(NOTED_EVERY) {
            self.store().write(files::touch_fetched(hash, now)).await?;
        }
        Ok(Some(shown))
    }

    async fn keep_picture(&self, url: &Url, body: Bytes) -> Result<Shown, HubError> {
        let folder = self.media().cache();
        self.check_bytes(&body).await?;
        for _ in 0..TRIES {
            let kept = folder.ingest(body.clone(), Purpose::Attachment).await.map_err(uploads::refused)?;
            self.check_kept(&kept, true).await?;
            let file = kept.file.ok_or(HubError::Damaged("a file without a name"))?;
            let preview = kept.preview.filter(|preview| *preview != file);
            let hash = self.fetched_hash(url.as_str());
            let write = files::keep_fetched(hash, &file, preview.as_deref(), Time::now());
            match self.store().write(Vec::from(write)).await {
                // The same content is being removed at this moment.
                Err(WriteError::Precondition(files::GOING)) => self.remove_doomed().await,
                Err(other) => return Err(other.into()),
                Ok(_) => return Ok(Shown { file: file.into(), preview: preview.map(Into::into) }),
            }
        }
        Err(HubError::Busy)
    }

    fn proxy_stamp(&self, url: &str) -> String {
        let hash = self.keyed_hash(&format!("proxied {url}"));
        URL_SAFE_NO_PAD.encode(hash.get(..STAMP).unwrap_or(&hash))
    }
}
