//! What a request brings: read strictly, and refused in the words of XRPC.

use super::XrpcError;
use axum::{
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request},
    http::{Extensions, StatusCode, header, request::Parts},
};
use landbridge_hub::accounts::household;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};

/// Longest JSON of a request, in bytes.
const LONGEST: usize = 150 << 10;

/// The JSON of a procedure. No body is as good as an empty object.
pub struct Input<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = XrpcError;

    async fn from_request(request: Request, _: &S) -> Result<Input<T>, XrpcError> {
        let bytes = axum::body::to_bytes(request.into_body(), LONGEST).await.map_err(|_| XrpcError {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            error: "PayloadTooLarge",
            message: "request entity too large".into(),
        })?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let read = serde_json::from_slice(bytes);
        read.map(Input).map_err(|why| XrpcError::invalid(format!("the input does not fit: {why}")))
    }
}

/// The parameters of a query.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = XrpcError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, XrpcError> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|query| Params(query.0))
            .map_err(|why| XrpcError::invalid(format!("the parameters do not fit: {why}")))
    }
}

/// Who is at the other end of the line.
pub struct Caller {
    pub address: Option<IpAddr>,
    /// As the app calls itself.
    pub agent: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Self::Rejection> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent = agent.map(|agent| agent.chars().filter(|c| !c.is_control()).take(60).collect());
        Ok(Caller { address: client_address(&parts.extensions), agent })
    }
}

impl Caller {
    /// For counting.
    pub fn key(&self) -> String {
        self.address.map(|ip| household(ip).to_string()).unwrap_or_default()
    }
}

/// The same, before anything was read of a request.
pub fn counted(extensions: &Extensions) -> Option<String> {
    client_address(extensions).map(|ip| household(ip).to_string())
}

/// The address of who asks, as the server has it.
fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|connected| connected.0.ip())
}
