//! Web Push subscriptions: where members' apps want to hear of notifications without asking, one a grant. It ends with its
//! grant, or when the place says that nobody is there any more.
//!
//! Address and keys are sealed with the member's key: whoever has them can write to the app. What is sent there, and how it
//! is encrypted, is the door's; that it may be sent, and that it goes through the guarded way out, is looked after here.

use super::grants::allows;
use crate::{Hub, HubError, Outcome, accounts::Grant, moderation::Rule, seal};
use bytes::Bytes;
use http::HeaderMap;
use landbridge_fetch::Retry;
use landbridge_model::{Id, Time};
use landbridge_store::{
    WriteError,
    entities::push::{self, PushRow},
};
use serde::{Deserialize, Serialize};
use url::Url;

/// Longest address that is taken.
const LONGEST: usize = 2000;
/// Bytes of an answer that are read: nothing in it matters but its status.
const ANSWER: usize = 64 << 10;

/// A place to push to.
#[derive(Clone, Serialize, Deserialize)]
pub struct PushPlace {
    /// As the app gave it.
    pub endpoint: String,
    /// The app's P-256 key: a point, uncompressed, 65 bytes.
    pub key: Vec<u8>,
    /// Shared with the app, 16 bytes.
    pub secret: Vec<u8>,
    /// It reads RFC 8291; else it reads the draft before it.
    pub standard: bool,
}

/// What an app wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushWants {
    /// Kinds of notifications, by the words of the Mastodon API.
    pub alerts: Vec<String>,
    pub from: PushFrom,
}

/// Whose acts an app wants to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushFrom {
    #[default]
    All,
    /// Of whom the member follows.
    Followed,
    /// Of who follows the member.
    Follower,
    None,
}

#[derive(Clone)]
pub struct Subscription {
    /// A small number: there are apps that read 32 bits. Never given again.
    pub id: Id,
    pub grant: Id,
    pub place: PushPlace,
    pub wants: PushWants,
    /// The grant may read posts, also those that are not for everybody.
    pub may_read: bool,
}

impl PushFrom {
    pub fn key(self) -> &'static str {
        match self {
            PushFrom::All => "all",
            PushFrom::Followed => "followed",
            PushFrom::Follower => "follower",
            PushFrom::None => "none",
        }
    }

    pub fn from_key(key: &str) -> Option<PushFrom> {
        use PushFrom::*;
        [All, Followed, Follower, None].into_iter().find(|from| from.key() == key)
    }
}

impl Hub {
    /// Subscribes an app, in place of what its grant had before. [`HubError::Invalid`] when the address is none that this
    /// server would ask.
    pub async fn subscribe(
        &self,
        grant: &Grant,
        place: &PushPlace,
        wants: &PushWants,
    ) -> Result<Subscription, HubError> {
        let member = grant.member.ok_or(HubError::Unauthorized)?;
        self.check_place(&place.endpoint)?;
        let plain = serde_json::to_vec(place).map_err(|_| HubError::Damaged("a push subscription"))?;
        let sealed = seal::seal(&self.member_key(member).await?, &context(grant.id), &plain);
        let changes = push::replace(grant.id, sealed, &wants.alerts.join(" "), wants.from.key());
        match self.store().write(changes).await {
            Err(WriteError::Precondition("grant")) => Err(HubError::Unauthorized),
            other => {
                other?;
                self.subscription(grant.id).await
            }
        }
    }

    /// What the app of a grant has subscribed to; [`HubError::NotFound`] when that is nothing.
    pub async fn subscription(&self, grant: Id) -> Result<Subscription, HubError> {
        let row = self.store().row(push::of_grant(grant, Time::now())).await?;
        self.open_subscription(PushRow::read(&mut row.ok_or(HubError::NotFound)?)?).await
    }

    /// All of a member that count now.
    pub async fn subscriptions(&self, member: Id) -> Result<Vec<Subscription>, HubError> {
        let mut found = Vec::new();
        for mut row in self.store().rows(push::of_member(member, Time::now())).await? {
            found.push(self.open_subscription(PushRow::read(&mut row)?).await?);
        }
        Ok(found)
    }

    /// Changes what an app wants to be told; [`HubError::NotFound`] when it has not subscribed.
    pub async fn change_subscription(&self, grant: Id, wants: &PushWants) -> Result<Subscription, HubError> {
        let change = push::set_wants(grant, &wants.alerts.join(" "), wants.from.key());
        match self.store().write(change).await {
            Err(WriteError::Precondition("subscription")) => Err(HubError::NotFound),
            other => {
                other?;
                self.subscription(grant).await
            }
        }
    }

    /// Nothing happens when there is none.
    pub async fn unsubscribe(&self, grant: Id) -> Result<(), HubError> {
        self.store().write(push::delete_of_grant(grant)).await?;
        Ok(())
    }

    /// Tries once to bring a message to the place of a subscription, if that still stands. A place where nobody is any more
    /// (404, 410: RFC 8030, section 7.3) loses it.
    pub async fn push(
        &self,
        subscription: Id,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outcome, HubError> {
        let outcome = self.push_once(subscription, url, headers, body).await?;
        if matches!(outcome, Outcome::Gone { .. }) {
            self.store().write(push::delete(subscription)).await?;
        }
        let word = match &outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Retry { .. } => "retry",
            Outcome::Gone { .. } => "gone",
            Outcome::Refused { .. } | Outcome::Unknown { .. } => "refused",
        };
        metrics::counter!("landbridge_pushes_total", "outcome" => word).increment(1);
        Ok(outcome)
    }

    async fn push_once(
        &self,
        subscription: Id,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outcome, HubError> {
        let refused = |why: &str| Ok(Outcome::Refused { why: why.to_owned() });
        if self.store().row(push::by_id(subscription, Time::now())).await?.is_none() {
            return refused("the subscription has ended");
        }
        if self.domain_rule(url.host_str().unwrap_or_default()).await? == Some(Rule::Block) {
            return refused("this server's operator has blocked that host");
        }
        let answer = match self.fetcher().post(url, headers, body, ANSWER).await {
            Ok(answer) => answer,
            Err(error) if error.retry() == Retry::Later => {
                return Ok(Outcome::Retry { after: None, why: error.to_string(), host_down: false });
            }
            Err(error) => return refused(&error.to_string()),
        };
        let words = answer.status.to_string();
        Ok(match answer.status.as_u16() {
            200..=299 => Outcome::Delivered { answer: words },
            404 | 410 => Outcome::Gone { why: words },
            408 | 429 | 500.. => Outcome::Retry { after: answer.retry_after(), why: words, host_down: false },
            _ => Outcome::Refused { why: words },
        })
    }

    /// Only by https; in a trial, which never leaves the machine, also by http.
    fn check_place(&self, endpoint: &str) -> Result<(), HubError> {
        let bad = || HubError::invalid("the endpoint is not an address that this server may ask");
        let url = Url::parse(endpoint).map_err(|_| bad())?;
        let scheme = url.scheme() == "https" || (self.config().trial && url.scheme() == "http");
        if endpoint.len() > LONGEST || !scheme || self.fetcher().policy().check_url(&url).is_err() {
            return Err(bad());
        }
        Ok(())
    }

    async fn open_subscription(&self, row: PushRow) -> Result<Subscription, HubError> {
        let plain = seal::open(&self.member_key(row.member).await?, &context(row.grant), &row.place)?;
        Ok(Subscription {
            id: row.id,
            grant: row.grant,
            place: serde_json::from_slice(&plain).map_err(|_| HubError::Damaged("a push subscription"))?,
            wants: PushWants {
                alerts: row.alerts.split_whitespace().map(str::to_owned).collect(),
                from: PushFrom::from_key(&row.policy).unwrap_or_default(),
            },
            may_read: allows(&row.scopes, "read:statuses"),
        })
    }
}

fn context(grant: Id) -> String {
    format!("push {grant}")
}
