//! What members do, as events: one file a group of acts. Signed here when the key is here; else kept unsigned until the
//! member's own signer answers ([`crate::signer`]).

mod answers;
mod leave;
mod lists;
mod message;
mod post;
mod queue;

pub use lists::{follow_list, followed_keys, metadata, relay_list, says_the_same};
pub use queue::{Sent, send};

use crate::{
    event::{Class, Event, Hex32, TagsExt, Template, kind},
    facts::Facts,
    keys::Signs,
    network::Nostr,
    nips::{n19, n59},
    relay::store_changes,
    translate::post_in,
};
use bytes::Bytes;
use landbridge_hub::{
    Act, ActKind, CopyKind, CopyState, Destination, Hub, HubError, Outcome, Payload, Staged, StagedCopy,
};
use landbridge_model::{Id, Network, Post, Presence, Reaction, Visibility};
use landbridge_store::{
    Change,
    entities::{copies, nostr_events, nostr_unsigned},
};

/// An event to be: what it is the copy of, and where it goes besides our relay.
pub struct Made {
    pub template: Template,
    pub copy: Option<(CopyKind, Id)>,
    pub relays: Vec<String>,
    /// Of what is replaceable: the version that it builds on.
    pub base: Option<Template>,
}

const UNCHANGED: &str = "a note cannot be changed on Nostr: readers there keep the first version";
/// Of the people named in one event, so many are looked up for their relays.
const MOST_PEOPLE: usize = 50;
/// Relays that one event is sent to.
const MOST_RELAYS: usize = 40;

pub async fn stage(nostr: &Nostr, hub: &Hub, act: &Act) -> Result<Staged, HubError> {
    if let Some(origin) = &act.origin {
        return native(nostr, hub, act, &origin.original).await;
    }
    let staging = Staging { nostr, hub, act, facts: Facts::of(&act.presence) };
    let mut staged = Staged::default();
    let made: Vec<Made> = match &act.kind {
        ActKind::Post(post) if post.visibility == Visibility::Direct => {
            staging.message(&mut staged, post).await?;
            Vec::new()
        }
        ActKind::Delete(post) if post.visibility == Visibility::Direct => {
            staging.delete_privately(&mut staged, CopyKind::Post, post.id, post).await?;
            Vec::new()
        }
        ActKind::React { reaction, target } if target.visibility == Visibility::Direct => {
            staging.react_privately(&mut staged, reaction, target).await?;
            Vec::new()
        }
        ActKind::Unreact { reaction, target } if target.visibility == Visibility::Direct => {
            staging.delete_privately(&mut staged, CopyKind::Reaction, reaction.id, target).await?;
            Vec::new()
        }
        ActKind::Post(post) => staging.post(post).await?.into_iter().collect(),
        ActKind::Delete(post) => {
            staged.changes.push(nostr_unsigned::forget_object(post.id.0));
            staging.delete(CopyKind::Post, post.id).await?.into_iter().collect()
        }
        ActKind::Repost { repost, target } => staging.repost(repost, target).await?.into_iter().collect(),
        ActKind::Unrepost { repost, .. } => {
            staged.changes.push(nostr_unsigned::forget_object(repost.id.0));
            staging.delete(CopyKind::Repost, repost.id).await?.into_iter().collect()
        }
        ActKind::React { reaction, target } => staging.react(reaction, target).await?.into_iter().collect(),
        ActKind::Unreact { reaction, .. } => {
            staged.changes.push(nostr_unsigned::forget_object(reaction.id.0));
            staging.delete(CopyKind::Reaction, reaction.id).await?.into_iter().collect()
        }
        ActKind::Follow { target, .. } => staging.follows(Some(target.id), None).await?.into_iter().collect(),
        ActKind::Unfollow { target, .. } => {
            staging.follows(None, Some(target.id)).await?.into_iter().collect()
        }
        ActKind::Report { target, posts, comment, category } => {
            staging.report(target, posts, comment, category).await?.into_iter().collect()
        }
        ActKind::Vote { poll, choices } => staging.vote(poll, choices).await?.into_iter().collect(),
        ActKind::Profile => {
            // Whoever has just joined may write to our relay at once.
            nostr.relay().await?.members().refresh().await?;
            staging.profile().await?
        }
        ActKind::Leave { forever: true } => {
            staged.changes.push(nostr_unsigned::forget_actor(act.member.id.0));
            staging.leave().await?
        }
        ActKind::Edit(post) => {
            staged.payloads.extend(staging.unchanged(post).await?);
            Vec::new()
        }
        // Blocks and answers to follows are told to nobody there: they would be public. The rest has no word on
        // Nostr.
        ActKind::AcceptFollow { .. }
        | ActKind::RejectFollow { .. }
        | ActKind::Block { .. }
        | ActKind::Unblock { .. }
        | ActKind::Tally { .. }
        | ActKind::Pin(_)
        | ActKind::Unpin(_)
        | ActKind::AnswerQuote { .. }
        | ActKind::RevokeQuote { .. }
        | ActKind::Approved { .. }
        | ActKind::Leave { forever: false }
        | ActKind::Move { .. } => Vec::new(),
    };
    if !made.is_empty() {
        let signs = Signs::of(hub, act.member.id).await?;
        for made in made {
            staging.put(&mut staged, &signs, made).await?;
        }
    }
    Ok(staged)
}

/// An event that an app of the member signed: stored as it is, and passed on to where ours would go.
async fn native(nostr: &Nostr, hub: &Hub, act: &Act, original: &Bytes) -> Result<Staged, HubError> {
    let damaged = HubError::Damaged("a native event");
    let text = std::str::from_utf8(original).map_err(|_| HubError::Damaged("a native event"))?;
    let copy_of = match &act.kind {
        ActKind::Post(post) => Some((CopyKind::Post, post.id)),
        ActKind::Repost { repost, .. } => Some((CopyKind::Repost, repost.id)),
        ActKind::React { reaction, .. } => Some((CopyKind::Reaction, reaction.id)),
        _ => None,
    };
    if let Ok(rumor) = n59::Rumor::parse(text) {
        return Ok(message::sent_already(copy_of, &rumor));
    }
    let event = Event::from_json(text).map_err(|_| damaged)?;
    let staging = Staging { nostr, hub, act, facts: Facts::of(&act.presence) };
    if event.kind == kind::FOLLOWS {
        // A list goes out once, not with each follow in it: see `posting`.
        return Ok(Staged::default());
    }
    let places = match event.class() {
        Class::Replaceable => staging.everywhere(),
        _ => staging.facts.relays.write.clone(),
    };
    let mut relays = staging.with_inboxes(places, &event.tags.people()).await?;
    let mut staged = Staged::default();
    if let ActKind::Delete(Post { id, .. })
    | ActKind::Unrepost { repost: Post { id, .. }, .. }
    | ActKind::Unreact { reaction: Reaction { id, .. }, .. } = &act.kind
    {
        relays.extend(hub.sent_to(Network::Nostr, *id).await?.into_iter().map(|d| d.url));
    }
    if event.kind == kind::OLD_MESSAGE {
        // Only known here: messages of that kind are not sent on.
        staged.copies.extend(copy_of.map(|(kind, object)| original_copy(kind, object, &event)));
        return Ok(staged);
    }
    if let ActKind::Edit(_) = &act.kind {
        let (native_id, version) = (post_in::native_id(&event), post_in::version(&event));
        let original = Some(original.to_vec());
        staged.changes.push(copies::update(Network::Nostr, &native_id, version.as_deref(), original));
    }
    staging.put_event(&mut staged, &event, copy_of, relays);
    Ok(staged)
}

pub(crate) struct Staging<'a> {
    pub nostr: &'a Nostr,
    pub hub: &'a Hub,
    pub act: &'a Act,
    pub facts: Facts,
}

impl Staging<'_> {
    async fn put(&self, staged: &mut Staged, signs: &Signs, made: Made) -> Result<(), HubError> {
        let Made { template, copy, mut relays, base } = made;
        relays.retain(|url| !self.facts.blocked.contains(url));
        if let Some(event) = signs.sign(&template) {
            if let Some(address) = event.address() {
                let base = base.map(|base| base.id(&event.pubkey).to_string()).unwrap_or_default();
                staged.changes.push(nostr_events::forbid_others(&address, &base));
            }
            self.put_event(staged, &event, copy, relays);
            return Ok(());
        }
        let id = template.id(&signs.key()).to_string();
        let object = copy.map_or(self.act.member.id, |(_, object)| object);
        staged.changes.push(nostr_unsigned::insert(nostr_unsigned::Unsigned {
            id: id.clone(),
            actor: self.act.member.id.0,
            object: object.0,
            template: serde_json::to_string(&template).map_err(|_| HubError::Damaged("an event"))?,
            relays: serde_json::to_string(&relays).unwrap_or_else(|_| "[]".into()),
            act: self.act.kind.name().into(),
            at: self.act.at.0,
            tries: 0,
        }));
        if let Some((kind, object)) = copy {
            staged.copies.push(StagedCopy {
                kind,
                object,
                native_id: id,
                version: None,
                url: None,
                original: None,
                state: CopyState::Unsigned,
            });
        }
        Ok(())
    }

    fn put_event(
        &self,
        staged: &mut Staged,
        event: &Event,
        copy: Option<(CopyKind, Id)>,
        relays: Vec<String>,
    ) {
        let bytes = Bytes::copy_from_slice(event.json.as_bytes());
        staged.copies.extend(copy.map(|(kind, object)| original_copy(kind, object, event)));
        let own = self.nostr.relay_url();
        let mut destinations = vec![destination(own)];
        // What is protected (NIP-70), such as a list made from one that was, goes nowhere else.
        let others = relays.iter().filter(|u| !event.is_protected() && *u != own);
        for url in others.filter(|u| !self.facts.blocked.contains(u)).take(MOST_RELAYS) {
            if !destinations.iter().any(|d| d.url == *url) {
                destinations.push(destination(url));
            }
        }
        staged.payloads.push(Payload { bytes, private: false, destinations, settled: None });
        staged.changes.extend::<Vec<Change>>(store_changes(self.hub, event, 0, own));
    }

    /// A note cannot be changed on Nostr: a deletion and a new one would break every answer to it. The member sees so where
    /// the post went: a delivery that is never sent.
    async fn unchanged(&self, post: &Post) -> Result<Option<Payload>, HubError> {
        let Some(event) = self.event_of(CopyKind::Post, post.id).await? else { return Ok(None) };
        let bytes = Bytes::copy_from_slice(event.json.as_bytes());
        let destinations = vec![destination(self.nostr.relay_url())];
        let settled = Some(Outcome::Refused { why: UNCHANGED.into() });
        Ok(Some(Payload { bytes, private: false, destinations, settled }))
    }

    /// With the relays where these people look for what is addressed to them.
    async fn with_inboxes(&self, mut relays: Vec<String>, people: &[Hex32]) -> Result<Vec<String>, HubError> {
        for key in people.iter().take(MOST_PEOPLE) {
            if let Some(presence) = self.hub.presence_by_native(Network::Nostr, &key.to_string()).await? {
                relays.extend(Facts::of(&presence).inbox().into_iter().take(3));
            }
        }
        Ok(relays)
    }

    /// The signed event of a thing's living copy, if it has one.
    async fn event_of(&self, kind: CopyKind, object: Id) -> Result<Option<Event>, HubError> {
        let Some(copy) = self.hub.copy_on(kind, object, Network::Nostr).await? else { return Ok(None) };
        event_by_native(self.hub, &copy.native_id).await
    }

    /// A relay where that event is found: where its author writes, else ours.
    async fn seen_at(&self, event: &Event) -> Result<String, HubError> {
        let author = self.hub.presence_by_native(Network::Nostr, &event.pubkey.to_string()).await?;
        let relay = author.and_then(|p| Facts::of(&p).outbox().into_iter().next());
        Ok(relay.unwrap_or_else(|| self.nostr.relay_url().to_owned()))
    }

    /// The newest version of one of the member's own replaceable events.
    async fn held(&self, kind: crate::event::Kind) -> Result<Option<Event>, HubError> {
        held(self.hub, kind, &self.act.presence).await
    }
}

/// A thing's copy that is this event.
fn original_copy(kind: CopyKind, object: Id, event: &Event) -> StagedCopy {
    StagedCopy {
        kind,
        object,
        native_id: post_in::native_id(event),
        version: post_in::version(event),
        url: None,
        original: Some(Bytes::copy_from_slice(event.json.as_bytes())),
        state: CopyState::Live,
    }
}

/// The newest version that our relay holds of a replaceable event of a member.
pub async fn held(
    hub: &Hub,
    kind: crate::event::Kind,
    presence: &Presence,
) -> Result<Option<Event>, HubError> {
    let Ok(key) = presence.native_id.parse::<Hex32>() else { return Ok(None) };
    let row = hub.store().row(nostr_events::by_address(&crate::event::address(kind, &key, ""))).await?;
    let json: Option<String> = row.map(|mut row| row.get(0)).transpose()?;
    Ok(json.and_then(|json| Event::from_stored(&json).ok()))
}

/// The signed original of something by its native id (event id or address).
pub async fn event_by_native(hub: &Hub, native_id: &str) -> Result<Option<Event>, HubError> {
    if let Some(original) = hub.original(Network::Nostr, native_id).await?
        && let Some(event) = std::str::from_utf8(&original).ok().and_then(|json| Event::from_json(json).ok())
    {
        return Ok(Some(event));
    }
    // Its original may have outlived its time in the hub and still be on the relay.
    let query = match n19::parse_address(native_id) {
        Some(_) => nostr_events::by_address(native_id),
        None => nostr_events::by_ids(&[native_id.to_owned()]),
    };
    let json: Option<String> = hub.store().row(query).await?.map(|mut row| row.get(0)).transpose()?;
    Ok(json.and_then(|json| Event::from_stored(&json).ok()))
}

/// A relay as a destination; relays on one host but other ports do not share its fate.
pub fn destination(url: &str) -> Destination {
    let parsed = url::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(|u| u.host_str()).unwrap_or(url);
    let host = match parsed.as_ref().and_then(url::Url::port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Destination { url: url.to_owned(), host }
}
