//! Where the browser is sent back to: web pages, apps' own schemes (with one slash, too), or a page that shows the code.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use url::Url;

/// The code is shown for copying.
pub(super) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Schemes that a browser would run or open here instead of handing over.
const NEVER: [&str; 8] =
    ["javascript", "data", "vbscript", "blob", "file", "about", "view-source", "filesystem"];

/// Whether an app may register it: absolute, without fragment (RFC 6749, section 3.1.2).
pub(crate) fn acceptable(uri: &str) -> bool {
    uri == OUT_OF_BAND
        || uri.len() <= 2000
            && Url::parse(uri).is_ok_and(|url| {
                !NEVER.contains(&url.scheme()) && url.fragment().is_none() && !uri.contains(char::is_control)
            })
}

/// Sends the browser there. The registered text is kept as it is: parsers rewrite schemes that they do not know.
pub(super) fn to(uri: &str, answers: &[(&str, &str)]) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answers);
    let joint = if uri.contains('?') { '&' } else { '?' };
    match HeaderValue::from_str(&format!("{uri}{joint}{}", query.finish())) {
        Ok(place) => (
            StatusCode::SEE_OTHER,
            [(header::LOCATION, place), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        )
            .into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_have_schemes_of_their_own_and_scripts_have_none() {
        for uri in [
            "https://a.example/cb?x=1",
            OUT_OF_BAND,
            "com.tapbots.Ivory.10217:/request_token",
            "icecubesapp://",
            "http://localhost:5000/cb",
        ] {
            assert!(acceptable(uri), "{uri}");
        }
        for uri in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/relative",
            "",
            "https://a.example/#x",
            "https://a.example/\nx",
        ] {
            assert!(!acceptable(uri), "{uri}");
        }
        let place = to("com.tapbots.Ivory.10217:/request_token", &[("code", "a b")]);
        assert_eq!(place.headers()[header::LOCATION], "com.tapbots.Ivory.10217:/request_token?code=a+b");
    }
}
