//! Reading query and body of a request.

use super::{Params, Upload, tree::MOST};
use crate::{door::Door, error::ApiError};
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::{StatusCode, Uri, header};

impl FromRequest<Door> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, door: &Door) -> Result<Params, ApiError> {
        Params::read(request, door).await
    }
}

impl Params {
    /// Query and body of a request.
    pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Params, ApiError> {
        let mut params = Params::default();
        form(&mut params, request.uri().query().unwrap_or_default().as_bytes());
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "multipart/form-data" {
            multipart(&mut params, request, state).await?;
            return Ok(params);
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|e| ApiError::new(e.status(), e.body_text()))?;
        if body.is_empty() {
            return Ok(params);
        }
        if kind == "application/json" || kind.ends_with("+json") {
            let json: serde_json::Value = serde_json::from_slice(&body)
                .map_err(|e| ApiError::new(StatusCode::BAD_REQUEST, format!("not valid JSON: {e}")))?;
            if let Params::Map(map) = Params::from(json) {
                for (key, value) in map {
                    params.put(&key, value);
                }
            }
        } else {
            form(&mut params, &body);
        }
        Ok(params)
    }

    /// The query alone.
    pub fn query(uri: &Uri) -> Params {
        let mut params = Params::default();
        form(&mut params, uri.query().unwrap_or_default().as_bytes());
        params
    }
}

fn form(params: &mut Params, bytes: &[u8]) {
    for (key, value) in url::form_urlencoded::parse(bytes).take(MOST) {
        params.put(&key, Params::Text(value.into_owned()));
    }
}

async fn multipart<S: Send + Sync>(params: &mut Params, request: Request, state: &S) -> Result<(), ApiError> {
    let bad = |status: StatusCode, text: String| ApiError::new(status, text);
    let mut body =
        Multipart::from_request(request, state).await.map_err(|e| bad(e.status(), e.body_text()))?;
    for _ in 0..MOST {
        let Some(field) = body.next_field().await.map_err(|e| bad(e.status(), e.body_text()))? else {
            return Ok(());
        };
        let Some(name) = field.name().map(str::to_owned) else { continue };
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|e| bad(e.status(), e.body_text()))?;
        let value = if is_file {
            Params::File(Upload { bytes })
        } else {
            Params::Text(String::from_utf8_lossy(&bytes).into_owned())
        };
        params.put(&name, value);
    }
    Ok(())
}
