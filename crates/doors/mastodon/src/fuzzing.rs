//! Parsers that are no part of the crate's face, for the targets in `fuzz/`.

use crate::{auth, oauth, page, params::Params, streaming};
use axum::{body::Body, extract::Request};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, header};

/// What was made of a request, in numbers.
pub struct Shape {
    /// Values, lists and branches.
    pub values: usize,
    /// Bytes of texts and files.
    pub text: usize,
}

/// Reads query and body; `None`: the request is refused.
pub fn params(query: &str, content_type: &str, body: &[u8]) -> Option<Shape> {
    let encoded: String = query.bytes().filter(u8::is_ascii_graphic).map(char::from).collect();
    let request = Request::builder().uri(format!("/?{encoded}")).header(header::CONTENT_TYPE, content_type);
    let request = request.body(Body::from(Bytes::copy_from_slice(body))).ok()?;
    // The body is there already: nothing is waited for.
    let params = Params::read(request, &()).now_or_never()?.ok()?;
    if let Params::Map(map) = &params {
        for key in map.keys() {
            let (listed, texts) = (params.list(key).len(), params.texts(key).len());
            assert!(texts <= listed && params.ids(key).len() <= texts);
            let _ =
                (params.flag(key), params.number::<f64>(key), params.file(key), params.required(key).is_ok());
        }
    }
    let window = page::page(&params, 20);
    assert!(window.limit > 0);
    Some(shape(&params))
}

fn shape(params: &Params) -> Shape {
    let inside = |all: &mut dyn Iterator<Item = &Params>| {
        all.map(shape).fold(Shape { values: 1, text: 0 }, |a, b| Shape {
            values: a.values + b.values,
            text: a.text + b.text,
        })
    };
    match params {
        Params::Null => Shape { values: 1, text: 0 },
        Params::Text(text) => Shape { values: 1, text: text.len() },
        Params::File(file) => Shape { values: 1, text: file.bytes.len() },
        Params::List(list) => inside(&mut list.iter()),
        Params::Map(map) => inside(&mut map.values()),
    }
}

/// Scopes that an app asks for.
pub fn scopes(asked: &str) -> Option<String> {
    oauth::read_scopes(asked)
}

/// Whether the browser may be sent there.
pub fn redirect(uri: &str) -> bool {
    oauth::acceptable(uri)
}

/// An `Authorization` header.
pub fn basic(value: &str) {
    let Ok(value) = HeaderValue::from_str(value) else { return };
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
    assert!(oauth::basic(&headers).is_none() || auth::bearer(&headers).is_none());
}

/// A wish of a streaming client, with the token in its query.
pub fn stream(text: &str) {
    let _ = (streaming::named(text), auth::in_query(Some(text)));
}
