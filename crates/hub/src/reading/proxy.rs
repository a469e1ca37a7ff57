//! Remote pictures are shown through a path of ours, so that readers' addresses stay here. The pages' door serves it.
//!
//! What is fetched passes through the media worker like an upload, and is kept apart from members' files until its post is
//! deleted or nobody has looked at it for as long as remote posts are kept.

use crate::{Hub, HubError, moderation::Rule, uploads};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use landbridge_cache::Cache;
use landbridge_fetch::Retry;
use landbridge_media::{Purpose, Sniffed};
use landbridge_model::{Media, MediaKind, Time};
use landbridge_store::{WriteError, entities::files};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use url::Url;

/// Bytes of the stamp.
const STAMP: usize = 16;

/// How exactly the last time that something was shown is known.
const NOTED_EVERY: Duration = Duration::from_secs(86_400);
/// How often a file is put down that is being removed by others at the same time.
const TRIES: u32 = 4;

/// How long what may be there soon is not asked for again.
const PAUSE: Duration = Duration::from_secs(60);
/// Pictures that are not taken in: second parts of their types, and endings of their names.
const UNTAKEN: [&str; 8] = ["avif", "heic", "heif", "jxl", "svg", "tif", "tiff", "bmp"];

/// What became of remote files, by URL.
pub(crate) type Proxied = Cache<String, Result<Arc<Shown>, Missing>>;

/// Why a file is not shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Missing {
    /// There is none, or it is not taken in: that will not change soon.
    Refused,
    /// It could not be had; until then nobody asks again.
    Until(Instant),
}

/// Names of files in the cache.
pub(crate) struct Shown {
    file: Arc<str>,
    /// When it is another one.
    preview: Option<Arc<str>>,
}

/// Remembers for an hour; what may pass, for less.
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
    /// many ask. `small`: the preview. [`HubError::NotFound`] when there is none or its host is blocked;
    /// [`HubError::Remote`] when it may be there later.
    pub async fn proxied_file(&self, stamp: &str, encoded: &str, small: bool) -> Result<Arc<str>, HubError> {
        let url = self.unproxied(stamp, encoded).ok_or(HubError::NotFound)?;
        let shown = self.shown(url).await.map_err(|missing| match missing {
            Missing::Refused => HubError::NotFound,
            Missing::Until(_) => HubError::Remote("the file cannot be had from its server now".into()),
        })?;
        match &shown.preview {
            Some(preview) if small => Ok(preview.clone()),
            // The whole of a video or of a sound is nobody's preview.
            None if small && !is_picture(&shown.file) => Err(HubError::NotFound),
            _ => Ok(shown.file.clone()),
        }
    }

    /// Whether a remote file can be shown here, as far as that is known: by what is said of it, or since it was refused a
    /// short while ago.
    pub fn may_show(&self, media: &Media) -> bool {
        let limits = self.media().limits();
        let most = if media.kind == MediaKind::Image { limits.image_bytes } else { limits.video_bytes };
        let too_big = media.meta.size.is_some_and(|size| size > most as u64);
        let refused = || {
            let url = media.remote_url.as_deref().and_then(|url| Url::parse(url).ok());
            url.is_none_or(|url| {
                matches!(self.reading().proxied.get(url.as_str()), Some(Err(Missing::Refused)))
            })
        };
        media.kind != MediaKind::Unknown && !is_untaken(media) && !too_big && !refused()
    }

    /// As it was fetched before, or fetched now.
    async fn shown(&self, url: Url) -> Result<Arc<Shown>, Missing> {
        let (key, proxied) = (url.to_string(), &self.reading().proxied);
        let is_over = match proxied.get(&key) {
            // A sweep, or the deletion of its post, may have taken the file since.
            Some(Ok(shown)) => !self.is_there(&shown),
            Some(Err(missing)) => missing.is_over(Instant::now()),
            None => false,
        };
        if is_over {
            proxied.remove(&key);
        }
        proxied.get_with_async(&key, self.shown_picture(url)).await
    }

    fn is_there(&self, shown: &Shown) -> bool {
        let folder = self.media().cache();
        folder.has(&shown.file) && shown.preview.as_ref().is_none_or(|preview| folder.has(preview))
    }

    /// Fetches a picture that is to be shown soon.
    pub(crate) async fn fetch_picture(&self, url: Url) {
        let _ = self.shown(url).await;
    }

    async fn shown_picture(&self, url: Url) -> Result<Arc<Shown>, Missing> {
        let host = url.host_str().ok_or(Missing::Refused)?.to_owned();
        if matches!(self.domain_rule(&host).await, Ok(Some(Rule::Block))) {
            return Err(Missing::Refused);
        }
        match self.kept_picture(&url).await {
            Ok(Some(shown)) => return Ok(Arc::new(shown)),
            Ok(None) => {}
            Err(why) => tracing::warn!(%why, "what was fetched before is unknown"),
        }
        let most = self.media().limits().video_bytes;
        let answer = self.fetcher().get(&url, HeaderMap::new(), most).await;
        let answer = answer.map_err(|why| Missing::new(why.retry() == Retry::Later))?;
        if answer.status != StatusCode::OK {
            return Err(Missing::new(may_pass(answer.status)));
        }
        let kept = self.keep_picture(&url, answer.body).await;
        kept.map(Arc::new).map_err(|why| {
            tracing::debug!(%host, %why, "a remote file is not shown");
            Missing::new(!matches!(why, HubError::Invalid(_)))
        })
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

impl Missing {
    fn new(may_pass: bool) -> Missing {
        if may_pass { Missing::Until(Instant::now() + PAUSE) } else { Missing::Refused }
    }

    fn is_over(self, now: Instant) -> bool {
        matches!(self, Missing::Until(until) if until <= now)
    }
}

/// Whether an answer without a file may be another one soon.
fn may_pass(status: StatusCode) -> bool {
    let soon = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || soon.contains(&status)
}

/// By the ending of one of our own names.
fn is_picture(file: &str) -> bool {
    let mime = file.rsplit_once('.').and_then(|(_, ending)| Sniffed::mime_of_extension(ending));
    mime.is_some_and(|mime| mime.starts_with("image/"))
}

/// By the type that its side claims, or else by its name.
fn is_untaken(media: &Media) -> bool {
    let word = match media.mime.split_once('/') {
        Some(("image", kind)) => kind.split(['+', '-', ';']).next(),
        Some(_) => None,
        None => {
            let path = media.remote_url.as_deref().and_then(|url| url.split(['?', '#']).next());
            path.and_then(|path| path.rsplit('.').next())
        }
    };
    word.is_some_and(|word| UNTAKEN.iter().any(|untaken| word.trim().eq_ignore_ascii_case(untaken)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_asked_for_again_soon() {
        let (now, answers) = (Instant::now(), |code| may_pass(StatusCode::from_u16(code).unwrap()));
        assert!([500, 502, 503, 429, 408].into_iter().all(answers));
        assert!(![204, 401, 403, 404, 410, 451].into_iter().any(answers));
        let passing = Missing::new(true);
        assert!(!passing.is_over(now) && passing.is_over(now + 2 * PAUSE));
        assert!(!Missing::new(false).is_over(now + 100 * PAUSE));
    }

    #[test]
    fn what_is_not_taken_in_is_known_by_its_type_or_name() {
        let media = |mime: &str, url: &str| Media {
            id: landbridge_model::Id(0),
            kind: MediaKind::Image,
            mime: mime.into(),
            file: None,
            preview: None,
            remote_url: Some(url.into()),
            description: None,
            meta: Default::default(),
            sensitive: false,
        };
        for (mime, url) in [
            ("image/avif", "https://a.example/1"),
            ("image/HEIC-sequence", "https://a.example/1"),
            ("image/svg+xml", "https://a.example/1"),
            ("", "https://a.example/1.AVIF?size=2"),
        ] {
            assert!(is_untaken(&media(mime, url)), "{mime} {url}");
        }
        for (mime, url) in [("image/webp", "https://a.example/1.avif"), ("", "https://a.example/avif.png")] {
            assert!(!is_untaken(&media(mime, url)), "{mime} {url}");
        }
        assert!(is_picture("0a.webp") && !is_picture("0a.mp4") && !is_picture("0a"));
    }
}
