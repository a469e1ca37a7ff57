//! Giving files to browsers and other servers: `GET /media/<sha256>.<ext>`.
//!
//! Whatever a file holds, it cannot act: no scripts (`Content-Security-Policy: sandbox`), no guessing of types.
//! Ranges (RFC 9110, section 14) let players seek. The name is the content's hash, so it may be cached for ever.

use crate::{MediaStore, Sniffed};
use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::io::SeekFrom;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

/// Bytes read from disk at a time.
const CHUNK: usize = 64 << 10;

/// The route `/media/{name}`, for `GET` and `HEAD`.
pub fn router(media: MediaStore) -> Router {
    let handler = |State(media): State<MediaStore>, Path(name): Path<String>, headers: HeaderMap| async move {
        serve(&media, &name, &headers).await
    };
    Router::new().route("/media/{name}", get(handler)).with_state(media)
}

/// Path of a file's URL on our host.
pub fn url_path(name: &str) -> String {
    format!("/media/{name}")
}

/// Answers a request for a file, with regard to `Range`, `If-Range` and `If-None-Match`.
pub async fn serve(media: &MediaStore, name: &str, request: &HeaderMap) -> Response {
    let Some((path, hash, mime)) = parts(media, name) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(mut file) = File::open(path).await else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(size) = file.metadata().await.map(|m| m.len()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{hash}\"");
    let text = |name| request.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    if text(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags == "*" || tags.split(',').any(|t| t.trim().trim_start_matches("W/") == etag))
    {
        return (StatusCode::NOT_MODIFIED, common(mime, &etag)).into_response();
    }
    let wanted = text(header::RANGE).filter(|_| text(header::IF_RANGE).is_none_or(|tag| tag == etag));
    let (status, first, len) = match wanted.map_or(Wanted::Whole, |w| range(w, size)) {
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Impossible => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, common(mime, &etag), range).into_response();
        }
    };
    if first > 0 && file.seek(SeekFrom::Start(first)).await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = (status, common(mime, &etag), body(file, len)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, len.into());
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = format!("bytes {first}-{}/{size}", first + len - 1).parse()
    {
        headers.insert(header::CONTENT_RANGE, value);
    }
    response
}

impl MediaStore {
    /// A whole file as the body of an answer, read as it goes out; `None`: it is not there.
    pub async fn body(&self, name: &str) -> Option<Body> {
        let file = File::open(self.path(name)?).await.ok()?;
        let size = file.metadata().await.ok()?.len();
        Some(body(file, size))
    }
}

/// Path, hash and MIME type of a name of ours.
fn parts<'a>(media: &MediaStore, name: &'a str) -> Option<(std::path::PathBuf, &'a str, &'static str)> {
    let (hash, extension) = name.split_once('.')?;
    Some((media.path(name)?, hash, Sniffed::mime_of_extension(extension)?))
}

fn common(mime: &'static str, etag: &str) -> HeaderMap {
    let fixed = [
        (header::CONTENT_TYPE, mime),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::ACCEPT_RANGES, "bytes"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    let mut headers: HeaderMap =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    if let Ok(etag) = etag.parse() {
        headers.insert(header::ETAG, etag);
    }
    headers
}

fn body(file: File, len: u64) -> Body {
    Body::from_stream(stream::try_unfold((file, len), |(mut file, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
        let n = file.read(&mut chunk).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(n);
        Ok(Some((Bytes::from(chunk), (file, left - n as u64))))
    }))
}

#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    Impossible,
}

/// One range of bytes; several at once, and anything unreadable, get the whole file, as RFC 9110 allows.
pub(crate) fn range(header: &str, size: u64) -> Wanted {
    let Some((from, to)) = header.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
        return Wanted::Whole;
    };
    let (from, to) = (from.trim(), to.trim());
    let part = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if to.is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(tail)) if from.is_empty() && tail > 0 => {
            (size.saturating_sub(tail), size.saturating_sub(1))
        }
        (Err(_), Ok(0)) if from.is_empty() => return Wanted::Impossible,
        _ => return Wanted::Whole,
    };
    if part.0 < size { Wanted::Part(part.0, part.1) } else { Wanted::Impossible }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(range("bytes=0-9", 100), Wanted::Part(0, 9));
        assert_eq!(range("bytes=90-", 100), Wanted::Part(90, 99));
        assert_eq!(range("bytes=90-500", 100), Wanted::Part(90, 99));
        assert_eq!(range("bytes=-10", 100), Wanted::Part(90, 99));
        assert_eq!(range("bytes=-500", 100), Wanted::Part(0, 99));
        assert_eq!(range("bytes=100-", 100), Wanted::Impossible);
        assert_eq!(range("bytes=-0", 100), Wanted::Impossible);
        assert_eq!(range("bytes=0-1,5-6", 100), Wanted::Whole);
        assert_eq!(range("bytes=9-1", 100), Wanted::Whole);
        assert_eq!(range("lines=1-2", 100), Wanted::Whole);
        assert_eq!(range("bytes=0-", 0), Wanted::Impossible);
    }
}
