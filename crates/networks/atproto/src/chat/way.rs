//! Whether a member can write to somebody by the chat service.

use super::{
    MOST_PEOPLE,
    service::{Failed, Service},
};
use crate::{network::AtProto, remote::Param};
use landbridge_hub::{Hub, HubError};
use landbridge_model::{Id, Presence};
use serde_json::Value as Json;

/// For people.
pub const NO_SERVICE: &str = "this server uses no chat service of AT Protocol";

/// The service is asked (`getConvoAvailability`): it knows who takes messages from whom (`chat.bsky.actor.declaration`).
pub async fn can_message(
    at: &AtProto,
    hub: &Hub,
    member: Id,
    people: &[Presence],
) -> Result<Result<(), String>, HubError> {
    if at.options.chat.is_none() {
        return Ok(Err(NO_SERVICE.into()));
    }
    let Some(service) = Service::of(at, member).await? else {
        return Ok(Err("you are not on AT Protocol".into()));
    };
    let mut dids: Vec<String> = people.iter().map(|presence| presence.native_id.clone()).collect();
    dids.sort_unstable();
    if dids.len() > MOST_PEOPLE {
        return Ok(Err(format!("a conversation on AT Protocol has at most {MOST_PEOPLE} people here")));
    }
    // Who of a group lets themself be invited, the service says when it is to be made.
    if dids.len() != 1 {
        return Ok(Ok(()));
    }
    let key = (member, dids);
    let takes = match at.chats.available.get(&key) {
        Some(takes) => takes,
        None => match ask(&service, &key.1).await {
            Ok(takes) => {
                at.chats.available.insert(key, takes);
                takes
            }
            Err(Failed::Refused { message, .. }) => return Ok(Err(message)),
            // The outbox tries for days: what the service says then counts.
            Err(Failed::Later { .. } | Failed::Lost(_) | Failed::Stuck(_)) => true,
        },
    };
    Ok(match (takes, people) {
        (false, [person]) => {
            let name = hub.actor(person.actor).await?.acct();
            Err(format!("{name} takes no messages on AT Protocol, or only from people whom they follow"))
        }
        _ => Ok(()),
    })
}

async fn ask(service: &Service<'_>, dids: &[String]) -> Result<bool, Failed> {
    let members: Vec<Param<'_>> = dids.iter().map(|did| Param("members", did)).collect();
    let answer = service.query("getConvoAvailability", &members).await?;
    Ok(answer.get("canChat").and_then(Json::as_bool).unwrap_or(false))
}
