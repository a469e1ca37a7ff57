//! Events that wait for members' own signers: asked for one after the other, and distrusted: what comes back must be
//! exactly the event that was asked for. Until then it waits unsigned, and dies with a delete.
//!
//! Every request may be a prompt on somebody's telephone, likes and reposts too: so posts come first, one request at a
//! time for each member, few at a look, and none more while one has stayed without an answer.

use super::outside::{AskError, Outside};
use crate::{
    event::{Event, Template},
    keys::BUNKER,
    network::Nostr,
    stage::{Sent, send},
};
use landbridge_hub::{EventKind, HubError, Stop};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::nostr_unsigned::{self as waiting, Unsigned};
use serde_json::json;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::broadcast::error::RecvError, task::JoinSet, time::MissedTickBehavior};

/// What was not signed for so long is given up.
const GIVE_UP: i64 = 7 * 86_400_000;
const LOOK: Duration = Duration::from_secs(10);
/// Members whose signers are asked at once (some of them for minutes, each at relays that have to fit into the pool beside those
/// that are read), and requests to each per look.
const MEMBERS: usize = 50;
const PROMPTS: i64 = 5;
/// After an answer that did not come, in milliseconds: a minute, doubled up to an hour.
const PAUSE: i64 = 60_000;

/// Has waiting events signed, until `stop`. Each member by themselves: a signer that takes its time, or waits for its owner
/// at a page, keeps only its own waiting.
pub async fn run(nostr: Arc<Nostr>, mut stop: Stop) {
    let mut bus = nostr.hub.bus().listen();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut work, mut asked) = (JoinSet::new(), HashMap::new());
    let mut news = false;
    loop {
        let wake = async {
            loop {
                match bus.recv().await {
                    Ok(event) if matches!(event.kind, EventKind::Native { network: Network::Nostr, .. }) => {
                        break;
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => std::future::pending::<()>().await,
                }
            }
        };
        tokio::select! {
            _ = look.tick() => {}
            () = wake => news = true,
            Some(done) = work.join_next_with_id() => {
                asked.remove(&done.map_or_else(|error| error.id(), |(task, ())| task));
                // It may have been about them.
                if !std::mem::take(&mut news) {
                    continue;
                }
            }
            _ = stop.changed() => return,
        }
        // With as many more as are asked already: they may be the first again.
        let most = MEMBERS + asked.len();
        let members = match nostr.hub.store().rows(waiting::due_members(Time::now().0, most as i64)).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "what waits for signers could not be read");
                continue;
            }
        };
        for member in members.into_iter().filter_map(|mut row| row.get::<i64>(0).ok()) {
            if asked.len() < MEMBERS && !asked.values().any(|m| *m == member) {
                let nostr = nostr.clone();
                let task = work.spawn(async move { of_member(&nostr, member).await });
                asked.insert(task.id(), member);
            }
        }
    }
}

/// Asks one member's signer for what is due, as long as it answers.
async fn of_member(nostr: &Nostr, member: i64) {
    if let Err(error) = ask_for(nostr, member).await {
        tracing::warn!(%error, "what waits for a signer could not be worked off");
    }
}

async fn ask_for(nostr: &Nostr, member: i64) -> Result<(), HubError> {
    let store = nostr.hub.store();
    let due = store.rows(waiting::due(member, Time::now().0, PROMPTS)).await?;
    for mut row in due {
        let it = waiting::read(&mut row)?;
        let (id, tries, at) = (it.id.clone(), it.tries, it.at);
        let Err(error) = sign(nostr, it).await else { continue };
        tracing::info!(%id, %error, "a member's signer did not sign");
        let now = Time::now().0;
        if matches!(error, AskError::Refused(_)) || now - at > GIVE_UP {
            store.write(vec![waiting::forget(&id), waiting::drop_copy(&id)]).await?;
            continue;
        }
        let next = now + PAUSE * (1 << tries.clamp(0, 6));
        store.write(vec![waiting::later(&id, next), waiting::postpone(member, next)]).await?;
        return Ok(());
    }
    Ok(())
}

async fn sign(nostr: &Nostr, it: Unsigned) -> Result<(), AskError> {
    let hub = &nostr.hub;
    let later = AskError::Later;
    let actor = Id(it.actor);
    let key = hub.key(actor, Network::Nostr, BUNKER).await.map_err(later)?;
    let key = key.ok_or(AskError::Later(HubError::NotFound))?;
    let damaged = |what| AskError::Later(HubError::Damaged(what));
    let outside: Outside =
        serde_json::from_slice(&key.secret).map_err(|_| damaged("the signer's address"))?;
    let template: Template = serde_json::from_str(&it.template).map_err(|_| damaged("an unsigned event"))?;
    let unsigned = json!({
        "pubkey": key.public,
        "created_at": template.created_at,
        "kind": template.kind,
        "tags": template.tags,
        "content": template.content,
    });
    let tell = |page| nostr.signer_pages.insert(actor, page);
    let answer = outside.ask_through_pages(nostr, "sign_event", vec![unsigned.to_string()], &tell).await?;
    nostr.signer_pages.remove(&actor);
    let event = check(&answer, &it.id, &key.public)?;
    let relays: Vec<String> = serde_json::from_str(&it.relays).unwrap_or_default();
    let changes = vec![waiting::done(&it.id), waiting::revive_copy(&it.id, event.json.as_bytes())];
    let sent = Sent { actor, object: Id(it.object), act: &it.act };
    match send(nostr, hub, sent, &event, &relays, changes).await {
        // Deleted while the signer thought.
        Err(HubError::Conflict(_)) => Ok(()),
        other => other.map_err(later),
    }
}

/// The signed event, when it is exactly the one that was asked for: its id covers key, time, kind, tags and content, and
/// reading it checks id and signature.
fn check(answer: &str, id: &str, public: &str) -> Result<Event, AskError> {
    let wrong = |why: &str| AskError::Later(HubError::Remote(format!("the signer's event: {why}")));
    let event = Event::from_json(answer).map_err(|e| wrong(&e.to_string()))?;
    match event.id.to_string() == id && event.pubkey.to_string() == public {
        true => Ok(event),
        false => Err(wrong("it is another than was asked for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    #[test]
    fn only_the_event_that_was_asked_for_counts() {
        let (member, other) = (Keys::generate(), Keys::generate());
        let asked = Template { created_at: 7, kind: 1, tags: vec![], content: "mine".into() };
        let public = member.public().to_string();
        let id = asked.id(&member.public()).to_string();
        let good = member.sign(asked.clone());
        assert!(check(&good.json, &id, &public).is_ok());
        let changed = member.sign(Template { content: "theirs".into(), ..asked.clone() });
        let later = member.sign(Template { created_at: 8, ..asked.clone() });
        let forged = good.json.replace("\"sig\":\"", "\"sig\":\"00");
        for answer in [&*changed.json, &*later.json, &*other.sign(asked).json, &forged, "", "{}"] {
            assert!(check(answer, &id, &public).is_err(), "{answer}");
        }
    }
}
