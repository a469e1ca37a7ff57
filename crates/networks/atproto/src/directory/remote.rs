//! A directory somewhere else.

use super::MOST_BYTES;
use crate::{
    identity::{
        DidDocument,
        plc::{LogEntry, Signed},
    },
    syntax::Did,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use landbridge_fetch::Response;
use landbridge_hub::{Hub, HubError};
use url::Url;

pub async fn register(hub: &Hub, directory: &Url, did: &Did, operation: &Signed) -> Result<(), HubError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = Bytes::from(operation.to_json().to_string());
    let answer = hub.fetcher().post(&at(directory, did, "")?, headers, body, MOST_BYTES).await;
    let answer = answer.map_err(unreachable)?;
    match answer.status.is_success() {
        true => Ok(()),
        false => Err(HubError::Remote(format!("the directory of DIDs refused it: {}", said(&answer)))),
    }
}

pub async fn log(hub: &Hub, directory: &Url, did: &Did) -> Result<Vec<LogEntry>, HubError> {
    let Some(body) = get(hub, at(directory, did, "/log/audit")?).await? else { return Ok(Vec::new()) };
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&body)
        .map_err(|_| HubError::Remote("the directory of DIDs answered with no log".into()))?;
    let read = entries.iter().map(|entry| LogEntry::from_json(did, entry));
    read.collect::<Result<_, _>>().map_err(|e| HubError::Remote(e.to_string()))
}

pub async fn document(hub: &Hub, directory: &Url, did: &Did) -> Result<Option<DidDocument>, HubError> {
    let Some(body) = get(hub, at(directory, did, "")?).await? else { return Ok(None) };
    DidDocument::parse(did, &body).map(Some).map_err(|e| HubError::Remote(e.to_string()))
}

/// `None`: nobody has registered it, or it has ended.
async fn get(hub: &Hub, url: Url) -> Result<Option<Bytes>, HubError> {
    let answer = hub.fetcher().get(&url, HeaderMap::new(), MOST_BYTES).await.map_err(unreachable)?;
    match answer.status {
        StatusCode::OK => Ok(Some(answer.body)),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        _ => Err(HubError::Remote(format!("the directory of DIDs: {}", said(&answer)))),
    }
}

fn at(directory: &Url, did: &Did, what: &str) -> Result<Url, HubError> {
    let base = directory.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/{did}{what}")).map_err(|_| HubError::Damaged("the directory's address"))
}

fn unreachable(error: landbridge_fetch::Error) -> HubError {
    HubError::Remote(format!("the directory of DIDs cannot be reached now ({error}); please try again later"))
}

fn said(answer: &Response) -> String {
    let text = String::from_utf8_lossy(answer.body.get(..200).unwrap_or(&answer.body)).into_owned();
    format!("{} {text}", answer.status.as_u16())
}
