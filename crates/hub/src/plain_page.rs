//! The frame of the few pages that stand outside the web door, with the look of its pages: an app's question for
//! consent, a network's own settings. Plain HTML, no script, one style sheet in the page.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::sync::LazyLock;

const STYLE: &str = ":root{color-scheme:light dark;--bg:#f4f2ee;--sheet:#fff;--ink:#1e1c1a;--soft:#67615a;--line:#8d867d;--accent:#0a6a65;--on:#fff;--bad:#a8201a}\
@media (prefers-color-scheme:dark){:root{--bg:#141312;--sheet:#1f1d1b;--ink:#ece8e2;--soft:#a8a198;--line:#7d766e;--accent:#63cbc1;--on:#0c1a19;--bad:#ff8a80}}\
*{box-sizing:border-box}html{background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:anywhere}\
body{max-width:34rem;margin:0 auto;padding:1rem .75rem 2rem}main{background:var(--sheet);border-radius:.75rem;padding:1.1rem 1.25rem 1.4rem}\
h1{font-size:1.4rem;line-height:1.25;margin:.2rem 0 1rem}h2{font-size:1.1rem;margin:1.75rem 0 .5rem}a{color:var(--accent)}small{color:var(--soft)}\
label{display:block;margin:.75rem 0;font-weight:600}input,select,textarea{display:block;width:100%;margin-top:.25rem;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .65rem}\
input[type=checkbox],input[type=radio]{display:inline-block;width:auto;margin:0 .4rem 0 0;accent-color:var(--accent)}\
button{font:inherit;font-weight:600;padding:.5rem 1.1rem;margin:.75rem .5rem 0 0;border-radius:2rem;border:1px solid var(--accent);background:none;color:var(--accent);cursor:pointer}\
button.main{background:var(--accent);color:var(--on)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
.problem{border:2px solid var(--bad);border-radius:.75rem;padding:.5rem .9rem;color:var(--bad);font-weight:600}.said{border-left:4px solid var(--accent);padding-left:.75rem}";

/// Where a page's forms lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormsLead {
    /// To pages of ours.
    Back,
    /// To the app that asked. Browsers apply `form-action` to the redirect after the form, too, and to those after that,
    /// so there is none then.
    Onward,
}

/// Only this very style may be used, nothing loaded or run, and nobody may frame the page.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'")
});

/// A page with its headers; never kept by caches. `title` and `body` are HTML; the body begins with its `<h1>`.
pub fn plain_page(title: &str, body: &str, forms: FormsLead) -> (HeaderMap, String) {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    );
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let mut headers: HeaderMap =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    let policy = match forms {
        FormsLead::Back => format!("{}; form-action 'self'", *POLICY),
        FormsLead::Onward => POLICY.clone(),
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    (headers, html)
}
