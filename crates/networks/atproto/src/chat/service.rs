//! Asking the chat service in a member's name, the way apps' questions are passed on ([`crate::pds`]).

use crate::{
    network::AtProto,
    pds::proxy::{NotAsked, Question, Target},
    remote::Param,
    syntax::{Did, Nsid},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use landbridge_fetch::Retry;
use landbridge_hub::HubError;
use landbridge_model::{Id, Network, PresenceState};
use serde_json::Value as Json;
use std::time::Duration;
use url::form_urlencoded::Serializer;

/// The service as one member meets it.
pub struct Service<'a> {
    pub at: &'a AtProto,
    pub member: Id,
    pub did: Did,
    target: Target,
}

/// What came instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The service will not do it. `error`: the name in the method's lexicon.
    #[error("{message}")]
    Refused { error: String, message: String },
    #[error("{why}")]
    Later { why: String, after: Option<Duration>, down: bool },
    /// What was asked may have been done all the same.
    #[error("{0}")]
    Lost(String),
    /// Something that the service has told cannot be taken in now.
    #[error("{0}")]
    Stuck(String),
}

const CONVO: &str = "chat.bsky.convo";
const GROUP: &str = "chat.bsky.group";

impl From<HubError> for Failed {
    fn from(error: HubError) -> Failed {
        Failed::Later { why: error.to_string(), after: None, down: false }
    }
}

impl Failed {
    pub fn is_refused_as(&self, name: &str) -> bool {
        matches!(self, Failed::Refused { error, .. } if error == name)
    }
}

impl<'a> Service<'a> {
    /// `None`: there is no service, or the member is not on this network now.
    pub async fn of(at: &'a AtProto, member: Id) -> Result<Option<Service<'a>>, HubError> {
        let Some((service, name)) = at.usual_service("chat.bsky.") else { return Ok(None) };
        let presence = at.hub.presence(member, Network::AtProto).await?;
        let Some(presence) = presence.filter(|p| p.state == PresenceState::Active) else { return Ok(None) };
        if crate::facts::Facts::of(&presence).moving {
            return Ok(None);
        }
        let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
        let target = Target { did: service.did.clone(), name: name.to_owned(), url: service.url.clone() };
        Ok(Some(Service { at, member, did, target }))
    }

    /// A query of `chat.bsky.convo`, by the last part of its name.
    pub async fn query(&self, method: &str, params: &[Param<'_>]) -> Result<Json, Failed> {
        let pairs = params.iter().map(|Param(name, value)| (name, value));
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.ask(&format!("{CONVO}.{method}"), Method::GET, Some(&query), Bytes::new()).await
    }

    /// A procedure of `chat.bsky.convo`.
    pub async fn procedure(&self, method: &str, input: &Json) -> Result<Json, Failed> {
        self.ask(&format!("{CONVO}.{method}"), Method::POST, None, Bytes::from(input.to_string())).await
    }

    /// A procedure of `chat.bsky.group`.
    pub async fn procedure_of_groups(&self, method: &str, input: &Json) -> Result<Json, Failed> {
        self.ask(&format!("{GROUP}.{method}"), Method::POST, None, Bytes::from(input.to_string())).await
    }

    async fn ask(
        &self,
        method: &str,
        verb: Method,
        query: Option<&str>,
        body: Bytes,
    ) -> Result<Json, Failed> {
        let changes = verb == Method::POST;
        let name = Nsid::parse(method).map_err(|_| HubError::Damaged("the name of a method"))?;
        let mut headers = HeaderMap::new();
        if changes {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let query = query.filter(|query| !query.is_empty());
        let question = Question { method: &name, verb: &verb, query, headers, body };
        let answer = match self.at.ask_as(self.member, &self.did, &self.target, question).await {
            Ok(answer) => answer.whole().await.map_err(|error| not_there(&error, changes))?,
            Err(NotAsked::Here(error)) => return Err(error.into()),
            Err(NotAsked::There(error)) => return Err(not_there(&error, changes)),
        };
        let read = serde_json::from_slice::<Json>(&answer.body);
        match (answer.status, read) {
            (StatusCode::OK, Ok(json)) => Ok(json),
            (StatusCode::OK, Err(_)) => Err(Failed::Lost("the chat service answered with no JSON".into())),
            (StatusCode::TOO_MANY_REQUESTS, _) => Err(Failed::Later {
                why: "the chat service wants fewer requests".into(),
                after: answer.retry_after(),
                down: false,
            }),
            (status, _) if status.is_server_error() && changes => {
                Err(Failed::Lost(format!("the chat service failed ({status})")))
            }
            (status, Ok(json)) if status.is_client_error() => Err(refused(&json)),
            (status, _) => Err(Failed::Later {
                why: format!("the chat service failed ({status})"),
                after: answer.retry_after(),
                down: false,
            }),
        }
    }
}

fn not_there(error: &landbridge_fetch::Error, changes: bool) -> Failed {
    use landbridge_fetch::Error;
    let why = format!("the chat service: {error}");
    let sent = matches!(error, Error::Timeout | Error::Broken(_) | Error::TooLarge { .. });
    match (changes && sent, error.retry()) {
        (true, _) => Failed::Lost(why),
        (false, Retry::Later) => Failed::Later { why, after: None, down: true },
        (false, Retry::Never) => Failed::Refused { error: String::new(), message: why },
    }
}

fn refused(json: &Json) -> Failed {
    let word = |name: &str| {
        let word = json.get(name).and_then(Json::as_str).unwrap_or_default();
        word.chars().filter(|c| !c.is_control()).take(200).collect::<String>()
    };
    let (error, said) = (word("error"), word("message"));
    let message = match error.as_str() {
        "MessagesDisabled" => "they take no messages on AT Protocol".into(),
        "NotFollowedBySender" => "they take messages only from people whom they follow".into(),
        "UserForbidsGroups" => "one of them takes no invitations to groups on AT Protocol".into(),
        "NewAccountCannotCreateGroup" => {
            "the chat service of AT Protocol lets no account so new begin a group".into()
        }
        "BlockedActor" | "BlockedSubject" => "one of you has blocked the other".into(),
        "RecipientNotFound" => "the chat service does not know them".into(),
        "AccountSuspended" => "the account is suspended at the chat service".into(),
        "ConvoLocked" => "this conversation is closed".into(),
        _ if said.is_empty() => format!("the chat service refused it ({error})"),
        _ => format!("the chat service: {said}"),
    };
    Failed::Refused { error, message }
}
