//! Asking other servers by XRPC, without a session (<https://atproto.com/specs/xrpc>).

use crate::network::AtProto;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use landbridge_hub::HubError;
use serde_json::Value as Json;
use url::Url;

/// Longest JSON answer that is read, in bytes.
const MOST_JSON: usize = 4 << 20;

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub struct Param<'a>(pub &'a str, pub &'a str);

/// Errors that say that something is not there, or not to be had: asking again does not help.
const NOT_THERE: &[&str] = &[
    "RecordNotFound",
    "RepoNotFound",
    "RepoDeactivated",
    "RepoTakendown",
    "RepoSuspended",
    "HandleNotFound",
    "NotFound",
    "AccountTakedown",
    "AccountDeactivated",
];

/// Words with which servers that have no better one say the same.
const NOT_FOUND_WORDS: &[&str] =
    &["could not locate record", "could not find", "not found", "unable to resolve handle"];

/// The origin of a server: `ws` and `wss` addresses of streams count as `http` and `https`.
pub fn origin(server: &Url) -> Option<Url> {
    let scheme = match server.scheme() {
        "ws" | "http" => "http",
        _ => "https",
    };
    let host = server.host_str()?;
    let port = server.port().map(|port| format!(":{port}")).unwrap_or_default();
    Url::parse(&format!("{scheme}://{host}{port}")).ok()
}

/// The address of a query.
pub fn address(server: &Url, method: &str, params: &[Param<'_>]) -> Option<Url> {
    let mut url = server.join(&format!("/xrpc/{method}")).ok()?;
    if !params.is_empty() {
        url.query_pairs_mut().extend_pairs(params.iter().map(|Param(name, value)| (name, value)));
    }
    Some(url)
}

/// Asks; `None` when the server says that it is not there.
pub async fn bytes(
    at: &AtProto,
    server: &Url,
    method: &str,
    params: &[Param<'_>],
    most: usize,
) -> Result<Option<Bytes>, HubError> {
    ask(at, server, method, params, HeaderMap::new(), most).await
}

/// Asks for JSON.
pub async fn json(
    at: &AtProto,
    server: &Url,
    method: &str,
    params: &[Param<'_>],
) -> Result<Option<Json>, HubError> {
    let body = bytes(at, server, method, params, MOST_JSON).await?;
    body.map(|body| read(server, &body)).transpose()
}

/// Asks for JSON in a member's name: `token` from [`AtProto::service_token`].
pub async fn json_as(
    at: &AtProto,
    server: &Url,
    method: &str,
    params: &[Param<'_>],
    token: &str,
) -> Result<Option<Json>, HubError> {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        headers.insert(header::AUTHORIZATION, value);
    }
    let body = ask(at, server, method, params, headers, MOST_JSON).await?;
    body.map(|body| read(server, &body)).transpose()
}

fn read(server: &Url, body: &[u8]) -> Result<Json, HubError> {
    serde_json::from_slice(body)
        .map_err(|_| HubError::Remote(format!("{server} answered with something else than JSON")))
}

async fn ask(
    at: &AtProto,
    server: &Url,
    method: &str,
    params: &[Param<'_>],
    headers: HeaderMap,
    most: usize,
) -> Result<Option<Bytes>, HubError> {
    let failed = |why: &str| HubError::Remote(format!("{method} at {server}: {why}"));
    let url = address(server, method, params).ok_or_else(|| failed("no address"))?;
    let answer =
        at.hub.fetcher().get(&url, headers, most).await.map_err(|error| failed(&error.to_string()))?;
    match answer.status {
        StatusCode::OK => Ok(Some(answer.body)),
        status if status.is_client_error() && is_not_there(&answer.body) => Ok(None),
        status => Err(failed(&format!("{} {}", status.as_u16(), said(&answer.body)))),
    }
}

fn is_not_there(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Json>(body) else { return false };
    let word = |name: &str| answer.get(name).and_then(Json::as_str).unwrap_or_default();
    let message = word("message").to_ascii_lowercase();
    NOT_THERE.contains(&word("error"))
        || word("error") == "InvalidRequest" && NOT_FOUND_WORDS.iter().any(|said| message.contains(said))
}

fn said(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..200).unwrap_or(body)).chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let stream = Url::parse("wss://relay.example:8443/x").unwrap();
        let server = origin(&stream).unwrap();
        assert_eq!(server.as_str(), "https://relay.example:8443/");
        let params = [Param("did", "did:web:a.example"), Param("rkey", "a&b=c")];
        let url = address(&server, "com.atproto.sync.getRecord", &params).unwrap();
        assert_eq!(url.path(), "/xrpc/com.atproto.sync.getRecord");
        assert_eq!(url.query(), Some("did=did%3Aweb%3Aa.example&rkey=a%26b%3Dc"));
    }

    #[test]
    fn what_is_not_there() {
        assert!(is_not_there(br#"{"error":"RecordNotFound","message":"x"}"#));
        assert!(is_not_there(br#"{"error":"InvalidRequest","message":"Could not find repo for DID: x"}"#));
        for other in
            [&br#"{"error":"InvalidRequest","message":"bad did"}"#[..], b"", b"[]", br#"{"error":5}"#]
        {
            assert!(!is_not_there(other));
        }
    }
}
