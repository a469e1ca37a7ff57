//! Sending stored bytes to one inbox, freshly signed (ActivityPub, 7.1).

use crate::ActivityPub;
use crate::followers::HEADER;
use crate::identity::Signer;
use crate::signature::Dialect;
use crate::vocab::{ACCEPT, ACTIVITY_JSON};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use landbridge_fetch::{Error, Response};
use landbridge_hub::{Delivery, Hub, Outcome};
use url::Url;

/// Of an answer's body, what a member is shown of it.
const MAX_ANSWER: usize = 16 * 1024;
const SHOWN: usize = 200;

impl ActivityPub {
    /// One try. Which dialect a host understands is remembered; a refusal in one is tried in the other at once.
    pub(crate) async fn send(&self, hub: &Hub, delivery: &Delivery) -> Outcome {
        let Ok(inbox) = Url::parse(&delivery.destination) else {
            return Outcome::Refused { why: "the inbox is no URL".into() };
        };
        // A report is made in the server's name.
        let member = (delivery.act != "report").then_some(delivery.actor);
        let signer = match self.signer(hub, member).await {
            Ok(signer) => signer,
            Err(landbridge_hub::HubError::NotFound) => {
                return Outcome::Refused { why: "the member has no key any more".into() };
            }
            Err(error) => return Outcome::Retry { after: None, why: error.to_string(), host_down: false },
        };
        let followers = match self
            .followers_header(hub, delivery.actor, &delivery.destination, &delivery.bytes)
            .await
        {
            Ok(followers) => followers,
            Err(error) => return Outcome::Retry { after: None, why: error.to_string(), host_down: false },
        };
        let followers = followers.as_deref();
        let known = self.dialects.get(&delivery.host).unwrap_or_default();
        match self.post(hub, &inbox, &signer, delivery, followers, known).await {
            Ok(answer) if is_unsigned(answer.status) => {
                let other = if known == Dialect::Cavage { Dialect::Rfc9421 } else { Dialect::Cavage };
                match self.post(hub, &inbox, &signer, delivery, followers, other).await {
                    Ok(second) if second.status.is_success() => {
                        self.dialects.insert(delivery.host.clone(), other);
                        outcome(&second)
                    }
                    _ => outcome(&answer),
                }
            }
            Ok(answer) => outcome(&answer),
            Err(error) => failure(&error),
        }
    }

    async fn post(
        &self,
        hub: &Hub,
        inbox: &Url,
        signer: &Signer,
        delivery: &Delivery,
        followers: Option<&str>,
        dialect: Dialect,
    ) -> Result<Response, Error> {
        let sign = |hop: &Url| {
            let signed = signer.sign(
                dialect,
                &Method::POST,
                hop,
                Some(&delivery.bytes),
                followers.map(|f| (HEADER, f)),
            );
            let mut headers = signed.unwrap_or_else(|_| HeaderMap::new());
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON));
            headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
            headers
        };
        hub.fetcher().send(Method::POST, inbox, delivery.bytes.clone(), MAX_ANSWER, sign).await
    }
}

fn is_unsigned(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn outcome(answer: &Response) -> Outcome {
    let status = answer.status;
    let text: String =
        String::from_utf8_lossy(&answer.body).chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    let words =
        if text.trim().is_empty() { status.to_string() } else { format!("{status}: {}", text.trim()) };
    let after = answer.retry_after();
    match status.as_u16() {
        200..=299 => Outcome::Delivered { answer: words },
        404 | 410 => Outcome::Gone { why: words },
        408 | 425 | 429 => Outcome::Retry { after, why: words, host_down: false },
        // Signature trouble may be a clock, or a key that could not be fetched just then.
        401 => Outcome::Retry { after, why: words, host_down: false },
        500..=599 => Outcome::Retry { after, why: words, host_down: matches!(status.as_u16(), 502..=504) },
        _ => Outcome::Refused { why: words },
    }
}

fn failure(error: &Error) -> Outcome {
    match error {
        Error::Refused(_) | Error::Setup(_) | Error::TooManyRedirects => {
            Outcome::Refused { why: error.to_string() }
        }
        // It was answered, only with too many words.
        Error::TooLarge { .. } => Outcome::Delivered { answer: "a very long answer".into() },
        Error::Unresolved(_) | Error::Connect(_) | Error::Tls(_) | Error::Timeout => {
            Outcome::Retry { after: None, why: error.to_string(), host_down: true }
        }
        // Sending again is harmless: receivers know the activity by its id.
        Error::Broken(_) => Outcome::Retry { after: None, why: error.to_string(), host_down: false },
    }
}
