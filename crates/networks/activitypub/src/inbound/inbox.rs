//! One delivery, from bytes to answer.

use super::{Cx, Denied, Not, read::Read};
use crate::ActivityPub;
use crate::followers;
use crate::signature::{Claim, Request};
use crate::urls::Urls;
use crate::vocab::{self, Node, TooMuch};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use landbridge_hub::{Hub, Incoming, Received, Refused};
use landbridge_model::{Network, Time};
use serde_json::Value;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// How long somebody who passes on what others did waits for the servers of those others.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before they are asked once more.
const PAUSE: Duration = Duration::from_secs(5);

/// What the sender is told.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) why: String,
}

impl Answer {
    fn new(status: StatusCode, why: impl ToString) -> Answer {
        Answer { status, why: why.to_string() }
    }

    fn ignored(why: &'static str) -> Answer {
        count("ignored", why);
        Answer::new(StatusCode::ACCEPTED, why)
    }

    /// More bytes than are read.
    pub(crate) fn too_large() -> Answer {
        Answer::refused(StatusCode::PAYLOAD_TOO_LARGE, "size", TooMuch::Size)
    }

    fn refused(status: StatusCode, counter: &'static str, why: impl ToString) -> Answer {
        count("refused", counter);
        Answer::new(status, why)
    }
}

fn count(outcome: &'static str, why: &'static str) {
    metrics::counter!("activitypub_inbox_total", "outcome" => outcome, "why" => why).increment(1);
}

impl ActivityPub {
    /// Takes in one POST. Everything cheap is checked before a key is looked up, everything local before a key is
    /// fetched.
    pub(crate) async fn inbox(&self, hub: &Hub, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Answer {
        let urls = Urls::new(hub);
        let (scheme, authority) = urls.scheme_and_authority();
        let method = Method::POST;
        let now = SystemTime::now();
        let request = Request { method: &method, uri, headers, body: Some(&body), scheme, authority, now };
        if body.len() > vocab::MAX_BODY {
            return Answer::too_large();
        }
        let claim = match Claim::read(&request) {
            Ok(claim) => claim,
            Err(error) => return Answer::refused(StatusCode::UNAUTHORIZED, "signature", error),
        };
        let activity = match vocab::parse(&body) {
            Ok(activity) => activity,
            Err(error) => return Answer::refused(StatusCode::BAD_REQUEST, "document", error),
        };
        let node = Node(&activity);
        let Some(actor) = node.id("actor").and_then(crate::translate::web_url) else {
            return Answer::refused(StatusCode::BAD_REQUEST, "actor", "the activity has no actor");
        };
        if urls.is_ours(actor) {
            return Answer::refused(StatusCode::FORBIDDEN, "actor", "nobody else speaks for our members");
        }
        if self.is_farewell_of_a_stranger(hub, node, actor, &claim).await {
            return Answer::ignored("delete of somebody unknown");
        }
        let cx = Cx::new(self, hub, &urls, actor, node, body.clone(), time(claim.made));
        let signer = match self.verify_claim(hub, &claim, actor).await {
            Ok(signer) => signer,
            Err(Denied::Later(why)) => {
                return Answer::refused(StatusCode::SERVICE_UNAVAILABLE, "key later", why);
            }
            Err(Denied::Gone) if node.is("Delete") => {
                return finish(hub, cx.farewell(node, &claim.key_id).await).await;
            }
            Err(denied @ Denied::Signature(_)) => {
                return Answer::refused(StatusCode::UNAUTHORIZED, "signature", denied);
            }
            Err(denied) => return Answer::refused(StatusCode::UNAUTHORIZED, "key", denied),
        };
        let own = signer.actor == actor;
        let read = match own && !node.is("Announce") {
            true => cx.read(node).await,
            false => match timeout(PATIENCE, cx.passed_on(&activity, &signer.actor)).await {
                Ok(Err(Not::Away(_))) | Err(_) => {
                    match self.read_again(hub, activity.clone(), signer.actor.clone(), body, time(claim.made))
                    {
                        true => Err(Not::Ignored("what it names cannot be had now")),
                        false => Err(Not::Later("too much waits for others already".into())),
                    }
                }
                Ok(read) => read,
            },
        };
        if own && read.is_ok() {
            self.compare_later(hub, actor, headers);
        }
        finish(hub, read).await
    }

    /// Reads once more what somebody passed on, when the server that it comes from may be back: whoever sent it cannot help
    /// that, and is not kept waiting. `false`: too many are waiting already.
    fn read_again(&self, hub: &Hub, activity: Value, sender: String, body: Bytes, signed: Time) -> bool {
        let Some(this) = self.this.upgrade() else { return false };
        let Ok(permit) = self.again.clone().try_acquire_owned() else { return false };
        let hub = hub.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            let (node, urls) = (Node(&activity), Urls::new(&hub));
            let Some(actor) = node.id("actor") else { return };
            let cx = Cx::new(&this, &hub, &urls, actor, node, body, signed);
            if let Ok(incoming) = cx.passed_on(&activity, &sender).await {
                take(&hub, incoming).await;
            }
            drop(permit);
        });
        true
    }

    /// Follower synchronisation does not keep the sender waiting.
    fn compare_later(&self, hub: &Hub, actor: &str, headers: &HeaderMap) {
        let header = headers.get(followers::HEADER).and_then(|h| h.to_str().ok());
        let (Some(claim), Some(this)) = (header.and_then(followers::Claim::read), self.this.upgrade()) else {
            return;
        };
        let (hub, actor) = (hub.clone(), actor.to_owned());
        tokio::spawn(async move {
            if let Err(error) = this.compare_followers(&hub, &actor, &claim).await {
                tracing::warn!(%error, "followers could not be compared");
            }
        });
    }

    /// `Delete` by somebody whom nobody here knows, of themself or of something unknown: their key is likely gone with
    /// them, and there is nothing to delete. Servers send these to everybody.
    async fn is_farewell_of_a_stranger(&self, hub: &Hub, node: Node<'_>, actor: &str, claim: &Claim) -> bool {
        let Some(object) = node.id("object").filter(|_| node.is("Delete")) else { return false };
        self.known_key(hub, &claim.key_id, actor).await.is_none()
            && matches!(hub.presence_by_native(Network::ActivityPub, actor).await, Ok(None))
            && (object == actor || matches!(hub.copy(Network::ActivityPub, object).await, Ok(None)))
    }
}

fn time(at: SystemTime) -> Time {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What was read goes to the hub; why nothing was, to the sender.
async fn finish(hub: &Hub, read: Read) -> Answer {
    match read {
        Ok(incoming) => take(hub, incoming).await,
        Err(Not::Ignored(why)) => Answer::ignored(why),
        Err(Not::Refused(why)) => Answer::refused(StatusCode::FORBIDDEN, why, why),
        Err(Not::Later(why) | Not::Away(why)) => {
            Answer::refused(StatusCode::SERVICE_UNAVAILABLE, "later", why)
        }
    }
}

async fn take(hub: &Hub, incoming: Vec<Incoming>) -> Answer {
    let mut answer = Answer::ignored_quietly("nothing of it concerns anybody here");
    for one in incoming {
        match hub.receive(one).await {
            Ok(Received::Stored(_)) => {
                count("stored", "");
                answer = Answer::new(StatusCode::ACCEPTED, "");
            }
            Ok(Received::Duplicate) => count("duplicate", ""),
            Ok(Received::Ignored(why)) => count("ignored", why),
            Err(Refused::Rule(why)) => answer = Answer::refused(StatusCode::FORBIDDEN, why, why),
            Err(Refused::Later(why)) => {
                return Answer::refused(StatusCode::SERVICE_UNAVAILABLE, "later", why);
            }
        }
    }
    answer
}

impl Answer {
    fn ignored_quietly(why: &'static str) -> Answer {
        Answer::new(StatusCode::ACCEPTED, why)
    }
}
