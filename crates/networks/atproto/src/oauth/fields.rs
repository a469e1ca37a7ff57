//! The fields of a request: a form, or JSON as some apps send it. Each once.

use super::OAuthError;
use axum::{
    extract::{FromRequest, Request},
    http::header,
};
use std::collections::BTreeMap;

/// Longest request, in bytes.
const LONGEST: usize = 64 << 10;

pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// What is there and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.text(name).ok_or_else(|| OAuthError::request(format!("{name} is missing")))
    }

    pub fn read(body: &[u8], json: bool) -> Result<Fields, OAuthError> {
        if json {
            let map: BTreeMap<String, serde_json::Value> =
                serde_json::from_slice(body).map_err(|why| OAuthError::request(why.to_string()))?;
            let text = |(name, value): (String, serde_json::Value)| Some((name, value.as_str()?.to_owned()));
            return Ok(Fields(map.into_iter().filter_map(text).collect()));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if fields.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(OAuthError::request(format!("{name:.40} is there twice")));
            }
        }
        Ok(Fields(fields))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = OAuthError;

    async fn from_request(request: Request, _: &S) -> Result<Fields, OAuthError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind =
            kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        let json = match kind.as_str() {
            "application/x-www-form-urlencoded" => false,
            "application/json" => true,
            _ => return Err(OAuthError::request("this takes a form (application/x-www-form-urlencoded)")),
        };
        let body = axum::body::to_bytes(request.into_body(), LONGEST).await;
        Fields::read(&body.map_err(|_| OAuthError::request("the request is too long"))?, json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_once() {
        let fields = Fields::read(b"a=1&b=&c=x+y%26", false).unwrap();
        assert_eq!((fields.text("a"), fields.text("b"), fields.text("c")), (Some("1"), None, Some("x y&")));
        assert!(fields.required("d").is_err());
        assert!(Fields::read(b"a=1&a=2", false).is_err());
        assert_eq!(Fields::read(br#"{"a":"1","n":2}"#, true).unwrap().text("a"), Some("1"));
        assert!(Fields::read(b"[]", true).is_err());
    }
}
