//! Remote pictures are shown through a path of ours, so that readers' addresses stay here.

use crate::Hub;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

/// Bytes of the stamp.
const STAMP: usize = 16;

impl Hub {
    /// Path on our host that shows a remote file: `/media/proxy/STAMP/URL`. Only we can make the stamp, so that nobody
    /// can have us fetch what they like.
    pub fn proxied(&self, url: &str) -> String {
        format!("/media/proxy/{}/{}", self.proxy_stamp(url), URL_SAFE_NO_PAD.encode(url))
    }

    /// The remote URL of such a path's last two segments; `None` when it was not made here.
    pub fn unproxied(&self, stamp: &str, encoded: &str) -> Option<Url> {
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(self.proxy_stamp(&url).as_bytes(), stamp.as_bytes());
        same.ok()?;
        Url::parse(&url).ok()
    }

    fn proxy_stamp(&self, url: &str) -> String {
        let hash = self.keyed_hash(&format!("proxied {url}"));
        URL_SAFE_NO_PAD.encode(hash.get(..STAMP).unwrap_or(&hash))
    }
}
