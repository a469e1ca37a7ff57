//! `com.atproto.moderation.createReport`, to the moderation service that the operator has chosen: asked in the member's name,
//! one report for each post, or one for the account. Without such a service a report stays with the moderators here.

use super::Staging;
use crate::{keys, network::AtProto, pds::service_token, remote, syntax::Did};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use landbridge_fetch::Error;
use landbridge_hub::{CopyKind, Delivery, Destination, HubError, Outcome, Payload, Staged};
use landbridge_model::{Actor, Network, Post, Time};
use serde_json::json;

pub(crate) const METHOD: &str = "com.atproto.moderation.createReport";
/// The word of a report in the delivery record.
pub(crate) const REPORT: &str = "report";
/// Posts that are reported one by one.
const POSTS: usize = 5;
/// Seconds for which a token holds.
const LIFE: i64 = 60;
/// Bytes of an answer that are read, and characters that are shown.
const ANSWER: usize = 16 << 10;
const SHOWN: usize = 200;

impl Staging<'_> {
    pub(super) async fn report(
        &self,
        target: &Actor,
        posts: &[Post],
        comment: &str,
        category: &str,
    ) -> Result<Staged, HubError> {
        let Some(service) = &self.at.options.moderation else { return Ok(Staged::default()) };
        let Some(address) = remote::address(&service.url, METHOD, &[]) else { return Ok(Staged::default()) };
        let Some(about) = self.hub.presence(target.id, Network::AtProto).await? else {
            return Ok(Staged::default());
        };
        let mut subjects = Vec::new();
        for post in posts.iter().take(POSTS) {
            if let Some(place) = self.reference(CopyKind::Post, post.id).await? {
                let kind = "com.atproto.repo.strongRef";
                subjects.push(json!({ "$type": kind, "uri": place.uri, "cid": place.cid }));
            }
        }
        if subjects.is_empty() {
            subjects.push(json!({ "$type": "com.atproto.admin.defs#repoRef", "did": about.native_id }));
        }
        let kind = match category {
            "spam" => "com.atproto.moderation.defs#reasonSpam",
            "legal" | "violation" => "com.atproto.moderation.defs#reasonViolation",
            _ => "com.atproto.moderation.defs#reasonOther",
        };
        let host = service.url.host_str().unwrap_or_default().to_owned();
        let payload = |subject: serde_json::Value| {
            let body = json!({ "reasonType": kind, "reason": comment, "subject": subject });
            let destinations = vec![Destination { url: address.to_string(), host: host.clone() }];
            Payload { bytes: Bytes::from(body.to_string()), private: true, destinations, settled: None }
        };
        Ok(Staged { payloads: subjects.into_iter().map(payload).collect(), ..Staged::default() })
    }
}

/// Sends one report. A report that may have arrived is not sent again.
pub(crate) async fn deliver(at: &AtProto, delivery: &Delivery) -> Outcome {
    let later = |why: String| Outcome::Retry { after: None, why, host_down: false };
    let headers = match headers(at, delivery).await {
        Ok(Some(headers)) => headers,
        Ok(None) => return Outcome::Refused { why: "there is no moderation service (any more)".into() },
        Err(error) => return later(error.to_string()),
    };
    let Ok(url) = url::Url::parse(&delivery.destination) else {
        return Outcome::Refused { why: "no address".into() };
    };
    let answer = match at.hub.fetcher().post(&url, headers, delivery.bytes.clone(), ANSWER).await {
        Ok(answer) => answer,
        Err(Error::Refused(why)) => return Outcome::Refused { why: why.to_string() },
        Err(error @ (Error::Timeout | Error::Broken(_))) => {
            return Outcome::Unknown { why: error.to_string() };
        }
        Err(error) => return Outcome::Retry { after: None, why: error.to_string(), host_down: true },
    };
    let said = String::from_utf8_lossy(&answer.body);
    let said: String = said.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    let words = format!("{} {said}", answer.status.as_u16());
    match answer.status.as_u16() {
        200..=299 => Outcome::Delivered { answer: "the moderation service has it".into() },
        429 => Outcome::Retry { after: answer.retry_after(), why: words, host_down: false },
        502..=504 => Outcome::Retry { after: answer.retry_after(), why: words, host_down: true },
        500..=599 => Outcome::Unknown { why: words },
        _ => Outcome::Refused { why: words },
    }
}

async fn headers(at: &AtProto, delivery: &Delivery) -> Result<Option<HeaderMap>, HubError> {
    let Some(service) = &at.options.moderation else { return Ok(None) };
    let Some(presence) = at.hub.presence(delivery.actor, Network::AtProto).await? else { return Ok(None) };
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let key = keys::signing_key(&at.hub, delivery.actor).await?;
    let expires = Time::now().secs() + LIFE;
    let token = service_token(&key, &did, service.did.as_str(), Some(METHOD), expires)?;
    let mut headers = HeaderMap::new();
    let token =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| HubError::Damaged("a token"))?;
    headers.insert(header::AUTHORIZATION, token);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Some(headers))
}
