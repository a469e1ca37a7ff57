//! Pages and their `Link` header: docs/api/guidelines#pagination.

use crate::{packed::Packed, params::Params};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, Uri, header};
use landbridge_hub::{Config, Page};
use landbridge_model::Id;
use serde::Serialize;

/// A JSON body with its `Link` header, ready to send again.
#[derive(Clone)]
pub(crate) struct Answer {
    body: Packed,
    link: Option<HeaderValue>,
    again: bool,
}

impl Answer {
    pub fn one<T: Serialize + ?Sized>(value: &T) -> Answer {
        Answer::new(json(value), None)
    }

    /// A list without pages.
    pub fn without_link(self) -> Answer {
        Answer { link: None, ..self }
    }

    /// A list that is empty here, and says so.
    pub fn empty() -> Answer {
        Answer::new(Bytes::from_static(b"[]"), None)
    }

    /// A list. `ends`: ids to page by of its first and last item.
    pub fn list<T: Serialize>(config: &Config, uri: &Uri, items: &[T], ends: Option<(Id, Id)>) -> Answer {
        Answer::new(json(&items), ends.and_then(|(first, last)| link(config, uri, first, last)))
    }

    fn new(body: Bytes, link: Option<HeaderValue>) -> Answer {
        Answer { body: Packed::new(body), link, again: false }
    }

    /// The same answer, given once more: worth packing for those who will ask after this one.
    pub fn asked_again(self) -> Answer {
        Answer { again: true, ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        let mut response = ([kind], self.body.plain()).into_response();
        if self.again {
            response.extensions_mut().insert(self.body);
        }
        if let Some(link) = self.link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// The window that the parameters ask for.
pub(crate) fn page(params: &Params, default: u32) -> Page {
    Page {
        max: params.id("max_id"),
        since: params.id("since_id"),
        min: params.id("min_id"),
        limit: params.number::<u32>("limit").filter(|n| *n > 0).unwrap_or(default),
    }
}

/// First and last of a list by its ids.
pub(crate) fn ends<T>(items: &[T], id: impl Fn(&T) -> Id) -> Option<(Id, Id)> {
    Some((id(items.first()?), id(items.last()?)))
}

/// `next` comes first: some clients only read the first entry.
fn link(config: &Config, uri: &Uri, first: Id, last: Id) -> Option<HeaderValue> {
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if !matches!(&*key, "max_id" | "min_id" | "since_id" | "access_token") {
            kept.append_pair(&key, &value);
        }
    }
    let mut kept = kept.finish();
    if !kept.is_empty() {
        kept.push('&');
    }
    let base = config.url(uri.path());
    let text =
        format!("<{base}?{kept}max_id={last}>; rel=\"next\", <{base}?{kept}min_id={first}>; rel=\"prev\"");
    HeaderValue::from_str(&text).ok()
}

/// Serialisation of our own entities has no way to fail.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}
