//! A gift wrap to a member: opened, checked, and handed to the hub as a private post of its real author. What a member's
//! own app has sent comes the same way, as the copy to oneself, and becomes the member's act.

use crate::{
    event::{Event, Hex32, TagsExt, is_hex32, kind},
    inbound::{self, Later},
    keys, lookup,
    network::Nostr,
    nips::{
        n17, n25,
        n59::{self, Rumor},
    },
    posting,
    private::Welcome,
    translate::profile,
};
use bytes::Bytes;
use landbridge_hub::{
    CopyKind, Draft, Hub, HubError, InPost, Incoming, Origin, Refused, Undone, Via, What,
    gate::{self, Approach, Carrier, Decision, Scope},
};
use landbridge_model::{Actor, Id, Network, Time, Visibility};
use landbridge_store::entities::{nostr_events, nostr_wraps};
use std::collections::HashMap;

/// Targets of one deletion.
const MOST_DELETED: usize = 100;

/// Takes in a verified wrap. What is broken, or for nobody here, is counted and done with.
/// `carrier`: of the wrap; the work in it is its sender's.
pub async fn take_in(nostr: &Nostr, hub: &Hub, wrap: &Event, carrier: &Carrier) -> Result<(), Later> {
    match open(nostr, hub, wrap).await.map_err(later)? {
        Ok((member, rumor)) => handle(nostr, hub, wrap, carrier, member, &rumor).await,
        Err(why) => {
            tracing::debug!(id = %wrap.id, %why, "a gift wrap is not taken in");
            metrics::counter!("nostr_wraps_refused").increment(1);
            Ok(())
        }
    }
}

fn later(error: HubError) -> Later {
    Later(error.to_string())
}

async fn open(nostr: &Nostr, hub: &Hub, wrap: &Event) -> Result<Result<(Id, Rumor), String>, HubError> {
    let Some(key) = wrap.wrap_recipient() else { return Ok(Err("it is for nobody".into())) };
    let Some(member) = nostr.relay().await?.members().of(&key) else {
        return Ok(Err("its recipient is no member".into()));
    };
    if !hub.member(member).await?.settings.private_messages {
        return Ok(Err("the member wants no messages".into()));
    }
    // With an outside signer the member reads it in their own app.
    let Some(keys) = keys::held(hub, member).await? else {
        return Ok(Err("the member's key is not held here".into()));
    };
    Ok(match n59::open(&keys, wrap, Time::now().secs()) {
        Ok(rumor) if is_for(&rumor, &key) => Ok((member, rumor)),
        Ok(_) => Err("it does not name whom it was sent to".into()),
        Err(broken) => Err(broken.to_string()),
    })
}

/// A message names everybody who is to have it; so do not all apps in reactions and deletions.
fn is_for(rumor: &Rumor, key: &Hex32) -> bool {
    let is_message = matches!(rumor.kind, kind::CHAT_MESSAGE | kind::FILE_MESSAGE);
    let people = n17::people(rumor);
    people.len() <= n17::MOST_PEOPLE && (!is_message || rumor.pubkey == *key || people.contains(key))
}

async fn handle(
    nostr: &Nostr,
    hub: &Hub,
    wrap: &Event,
    carrier: &Carrier,
    member: Id,
    rumor: &Rumor,
) -> Result<(), Later> {
    let id = rumor.id.to_string();
    if hub.copy(Network::Nostr, &id).await.map_err(later)?.is_some() {
        // The same message in the wrap of another of its readers.
        return carries(hub, wrap, rumor).await;
    }
    if let Some(author) = nostr.relay().await.map_err(later)?.members().of(&rumor.pubkey) {
        return match own(nostr, hub, author, rumor).await {
            Ok(()) => carries(hub, wrap, rumor).await,
            Err(HubError::Store(error)) => Err(Later(error.to_string())),
            Err(error @ (HubError::DiskFull | HubError::Busy)) => Err(later(error)),
            Err(error) => {
                tracing::info!(id = %wrap.id, %error, "a member's own message stays on the relay alone");
                Ok(())
            }
        };
    }
    let known = hub.actor_by_native(Network::Nostr, &rumor.pubkey.to_string()).await.map_err(later)?;
    if known.is_none() && !welcome(nostr, hub, member, &rumor.pubkey, &wrap.id).await? {
        return Ok(());
    }
    // Whoever has sealed it is a person: nobody need be asked whether this is the id of a note.
    nostr.authors.insert(rumor.pubkey, ());
    // The relay shows it to the member's own app once the message is the member's here.
    carries(hub, wrap, rumor).await?;
    if let Some(stranger) = &known
        && lets_in(hub, member, stranger).await.map_err(later)?
    {
        meet(nostr, hub, rumor).await.map_err(later)?;
    }
    for what in translate(hub, rumor).await.map_err(later)? {
        match hub.receive_by(incoming(rumor, what), carrier.clone()).await {
            Err(Refused::Later(why)) => return Err(Later(why)),
            outcome => tracing::debug!(id = %wrap.id, ?outcome, "a private message or act"),
        }
    }
    Ok(())
}

/// Whether the message of somebody unknown is taken in. When many come at once, nothing is asked for them any more: they are
/// known by their bare key, until there is time; and when there are more still, what carries the message is put off.
pub(super) async fn welcome(
    nostr: &Nostr,
    hub: &Hub,
    member: Id,
    key: &Hex32,
    carrier: &Hex32,
) -> Result<bool, Later> {
    match nostr.strangers.take(member, Time::now().secs()) {
        Welcome::LookUp => Ok(true),
        Welcome::Wait => {
            metrics::counter!("nostr_messages_put_off").increment(1);
            let written = hub.store().write(nostr_events::put_off(&carrier.to_string())).await;
            written.map(|_| false).map_err(|error| Later(error.to_string()))
        }
        Welcome::Bare => {
            let domain = hub.config().reserved_domain(Network::Nostr);
            let bare = Incoming {
                network: Network::Nostr,
                actor: key.to_string(),
                id: None,
                // Older than any profile that they may have written.
                at: Time(0),
                via: Via::Fetched,
                original: Bytes::new(),
                what: What::Profile(Box::new(profile::read(key, None, &domain, None))),
            };
            match hub.receive(bare).await {
                Err(Refused::Later(why)) => Err(Later(why)),
                _ => Ok(true),
            }
        }
    }
}

/// Notes which message a wrap carries, or says something about.
async fn carries(hub: &Hub, wrap: &Event, rumor: &Rumor) -> Result<(), Later> {
    let id = rumor.id.to_string();
    let message = match rumor.kind {
        kind::CHAT_MESSAGE | kind::FILE_MESSAGE => Some(&*id),
        kind::REACTION => n17::parent(rumor),
        _ => None,
    };
    let Some(message) = message else { return Ok(()) };
    let written = hub.store().write(nostr_wraps::insert(&wrap.id.to_string(), message)).await;
    written.map(|_| ()).map_err(|error| Later(error.to_string()))
}

fn incoming(rumor: &Rumor, what: What) -> Incoming {
    Incoming {
        network: Network::Nostr,
        actor: rumor.pubkey.to_string(),
        id: Some(rumor.id.to_string()).filter(|_| !matches!(what, What::Delete { .. } | What::Undo(_))),
        at: Time(Time::from_secs(rumor.created_at).0.min(Time::now().0)),
        via: Via::Delivered,
        original: Bytes::from(rumor.json()),
        what,
    }
}

/// What a stranger's rumor says, in the hub's words.
async fn translate(hub: &Hub, rumor: &Rumor) -> Result<Vec<What>, HubError> {
    Ok(match rumor.kind {
        kind::CHAT_MESSAGE | kind::FILE_MESSAGE => {
            let post = post(hub, rumor).await?;
            post.map(|post| What::Post(Box::new(post))).into_iter().collect()
        }
        kind::REACTION => reaction(rumor)
            .map(|(target, content)| What::React { target, content, emoji: None })
            .into_iter()
            .collect(),
        kind::DELETION => {
            let mut all = Vec::new();
            for target in rumor.tags.values("e").filter(|id| is_hex32(id)).take(MOST_DELETED) {
                all.push(match hub.copy(Network::Nostr, target).await?.map(|copy| copy.kind) {
                    Some(CopyKind::Post) | None => What::Delete { target: target.to_owned() },
                    Some(_) => What::Undo(Undone { id: Some(target.to_owned()), what: None }),
                });
            }
            all
        }
        _ => Vec::new(),
    })
}

/// Whether the member has let somebody in: of whoever still has to ask, nothing is looked up.
async fn lets_in(hub: &Hub, member: Id, stranger: &Actor) -> Result<bool, HubError> {
    let approach = Approach { stranger, limited: false, scope: Scope::Private, link_or_media: false };
    Ok(gate::decide(hub, member, approach).await? == Decision::Accept)
}

/// Everybody in a conversation must be known here: they are what makes it one.
async fn meet(nostr: &Nostr, hub: &Hub, rumor: &Rumor) -> Result<(), HubError> {
    for key in n17::people(rumor) {
        let id = key.to_string();
        if hub.actor_by_native(Network::Nostr, &id).await?.is_none() {
            for profile in lookup::fetch_profile(nostr, hub, &id).await? {
                let _ = hub.receive(profile).await;
            }
        }
    }
    Ok(())
}

async fn post(hub: &Hub, rumor: &Rumor) -> Result<Option<InPost>, HubError> {
    let mut names = HashMap::new();
    for key in n17::people(rumor).into_iter().chain([rumor.pubkey]) {
        if let Some(actor) = hub.actor_by_native(Network::Nostr, &key.to_string()).await? {
            names.insert(key, inbound::shown_name(&actor, &key));
        }
    }
    let name = |key: &Hex32| names.get(key).cloned().unwrap_or_else(|| inbound::short(key));
    let Some(mut post) = n17::read(rumor, &name) else { return Ok(None) };
    post.reply_to = known_parent(hub, rumor).await?.map(|(native_id, _)| native_id);
    Ok(Some(post))
}

/// The message that a rumor answers, when it is here: its native id and its id.
async fn known_parent(hub: &Hub, rumor: &Rumor) -> Result<Option<(String, Id)>, HubError> {
    let Some(parent) = n17::parent(rumor) else { return Ok(None) };
    let copy = hub.copy(Network::Nostr, parent).await?.filter(|copy| copy.kind == CopyKind::Post);
    Ok(copy.map(|copy| (copy.native_id, copy.object)))
}

/// Target and content of a reaction, like in the open (NIP-25).
fn reaction(rumor: &Rumor) -> Option<(String, String)> {
    let target = n17::parent(rumor)?.to_owned();
    Some((target, n25::content(&rumor.content)?))
}

/// What a member has written in their own app: an act here, already sent.
async fn own(nostr: &Nostr, hub: &Hub, member: Id, rumor: &Rumor) -> Result<(), HubError> {
    let origin = Some(Origin {
        network: Network::Nostr,
        native_id: rumor.id.to_string(),
        original: Bytes::from(rumor.json()),
        brought: None,
    });
    match rumor.kind {
        kind::CHAT_MESSAGE | kind::FILE_MESSAGE => {
            meet(nostr, hub, rumor).await?;
            let Some(post) = post(hub, rumor).await? else { return Ok(()) };
            let mut to = Vec::new();
            for key in n17::people(rumor) {
                to.extend(hub.actor_by_native(Network::Nostr, &key.to_string()).await?.map(|a| a.id));
            }
            let draft = Draft {
                author: member,
                rich: Some(posting::rename_people(nostr, hub, post.text).await?),
                title: post.title,
                warning: post.warning,
                sensitive: post.sensitive,
                visibility: Some(Visibility::Direct),
                reply_to: known_parent(hub, rumor).await?.map(|(_, id)| id),
                at: Some(post.published),
                to,
                accept_weaker: true,
                ..Draft::default()
            };
            hub.publish(draft, origin).await?;
        }
        kind::REACTION => {
            if let Some((target, content)) = reaction(rumor)
                && let Some(copy) = hub.copy(Network::Nostr, &target).await?
            {
                hub.react(member, copy.object, &content, None, origin).await?;
            }
        }
        kind::DELETION => {
            for target in rumor.tags.values("e").filter(|id| is_hex32(id)).take(MOST_DELETED) {
                posting::delete(hub, member, target, origin.clone()).await?;
            }
        }
        _ => {}
    }
    Ok(())
}
