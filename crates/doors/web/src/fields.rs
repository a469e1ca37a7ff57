//! Forms: read within bounds, and only when they come from a page of ours.

use crate::{error::PageError, visitor::Visitor, web::Web};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Multipart, Request},
};
use http::{HeaderMap, header};

/// Bytes of a form without files.
const MAX_FORM: usize = 256 << 10;
/// Fields and files of a form.
const MAX_FIELDS: usize = 100;

/// The fields of a form, in order, and whoever sent it. The form's token and its origin have been checked.
pub struct Fields {
    pub visitor: Visitor,
    fields: Vec<(String, String)>,
    files: Vec<(String, Bytes)>,
}

impl Fields {
    /// The first field of that name, trimmed; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first field of that name as it was typed, with `\n` as line end.
    pub fn text(&self, name: &str) -> String {
        self.raw(name).replace("\r\n", "\n")
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n == name)
    }

    /// All fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A file that was chosen.
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.files.iter().find(|(n, bytes)| n == name && !bytes.is_empty()).map(|(_, bytes)| bytes.clone())
    }

    fn raw(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
}

impl FromRequest<Web> for Fields {
    type Rejection = PageError;

    async fn from_request(request: Request, web: &Web) -> Result<Fields, PageError> {
        let (mut parts, body) = request.into_parts();
        if !is_from_here(web, &parts.headers) {
            return Err(PageError::Forged);
        }
        let visitor = Visitor::from_request_parts(&mut parts, web).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let is_multipart = kind.starts_with("multipart/form-data");
        let request = Request::from_parts(parts, body);
        let (fields, files) =
            if is_multipart { multipart(request, web).await? } else { plain(request).await? };
        let form = Fields { visitor, fields, files };
        if form.visitor.accepts(form.get("form")) { Ok(form) } else { Err(PageError::Forged) }
    }
}

/// Browsers say from which site a form comes; one that says another site is refused even before its token is read.
fn is_from_here(web: &Web, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let ours = web.hub.config().origin.origin().ascii_serialization();
    site && text("origin").is_none_or(|origin| origin == ours)
}

type Read = (Vec<(String, String)>, Vec<(String, Bytes)>);

async fn plain(request: Request) -> Result<Read, PageError> {
    let body = axum::body::to_bytes(request.into_body(), MAX_FORM).await.map_err(|_| PageError::TooBig)?;
    let pairs = url::form_urlencoded::parse(&body).take(MAX_FIELDS);
    Ok((pairs.map(|(k, v)| (k.into_owned(), v.into_owned())).collect(), Vec::new()))
}

async fn multipart(request: Request, web: &Web) -> Result<Read, PageError> {
    let mut form = Multipart::from_request(request, web).await.map_err(|_| PageError::TooBig)?;
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| PageError::TooBig)? {
        if fields.len() + files.len() >= MAX_FIELDS {
            return Err(PageError::TooBig);
        }
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|_| PageError::TooBig)?;
        if is_file {
            files.push((name, bytes));
        } else {
            fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok((fields, files))
}
