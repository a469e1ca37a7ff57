//! Answers that are asked for again are packed once (gzip, RFC 9110, section 8.4.1), not for each who asks. What is asked
//! for once is left to the layer around all doors.

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};
use std::{
    io::Write as _,
    sync::{Arc, OnceLock},
};

/// Smaller bodies are not worth it.
const SMALL: usize = 1024;

/// A body, and the same packed as soon as somebody has asked for it.
#[derive(Clone)]
pub(crate) struct Packed {
    body: Bytes,
    packed: Arc<OnceLock<Bytes>>,
}

impl Packed {
    pub fn new(body: Bytes) -> Packed {
        Packed { body, packed: Arc::default() }
    }

    pub fn plain(&self) -> Bytes {
        self.body.clone()
    }

    /// Packed now or before; as it is when that makes it no smaller.
    fn get(&self) -> &Bytes {
        self.packed.get_or_init(|| {
            let mut out = GzEncoder::new(Vec::with_capacity(self.body.len() / 4), Compression::fast());
            match out.write_all(&self.body).and_then(|()| out.finish()) {
                Ok(packed) if packed.len() < self.body.len() => packed.into(),
                _ => self.body.clone(),
            }
        })
    }
}

/// Replaces the body of an answer that carries a [`Packed`], for those who take it.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let takes = takes_gzip(request.headers());
    let mut response = next.run(request).await;
    let Some(packed) = response.extensions_mut().remove::<Packed>() else { return response };
    if takes && packed.body.len() >= SMALL && packed.get().len() < packed.body.len() {
        *response.body_mut() = Body::from(packed.get().clone());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.remove(header::CONTENT_LENGTH);
    }
    response
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let never = weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !never
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_for_who_takes_it() {
        let takes = |value: &str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
        };
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("deflate,gzip ; q=1"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes("") && !takes("x-gzipped"));
    }

    #[test]
    fn what_packs_badly_stays_as_it_is() {
        let text = Packed::new(Bytes::from("status ".repeat(500)));
        assert!(text.get().len() < 200);
        assert_eq!(text.get().as_ptr(), text.clone().get().as_ptr(), "packed once");
        let noise =
            Packed::new(Bytes::from((0..2000_u64).map(|n| ((n * n * 7919) >> 7) as u8).collect::<Vec<_>>()));
        assert!(noise.get().len() <= noise.body.len());
    }
}
