//! What a member does in their own Nostr app, arriving through our relay or from their write relays: the event stays
//! untouched, and becomes an act of the member here that crosses to their other networks.

use crate::{
    event::{Class, Event, Hex32, Tag, TagsExt, is_hex32, kind},
    facts::Facts,
    inbound::{self, Later},
    keys, lookup,
    network::Nostr,
    nips::{n19, n25, n44, n56, n65, n88},
    private,
    stage::{Sent, event_by_native, send},
    translate::{post_in, text_out},
};
use landbridge_hub::{
    CopyKind, Draft, DraftPoll, Hub, HubError, Incoming, Mode, Origin, Via,
    publish::{FollowOptions, NewReport},
    reading::Copy,
};
use landbridge_model::{
    Id, Mark, MarkKind, Network, Presence, PresenceState, Profile, RichText, Time, Visibility,
    richtext::compose,
};

/// Relays that one list can block.
const MOST_BLOCKED: usize = 200;
/// People whom one list can add.
const MOST_FOLLOWED: usize = 500;

/// Carries out a member's own event. What the hub does not want (too long, unknown target) stays on the relay only.
pub async fn act(nostr: &Nostr, hub: &Hub, member: Id, event: &Event) -> Result<(), Later> {
    // What is to end by itself (NIP-40) stays where it does: other networks would keep it for ever.
    if event.expiration().is_some() && event.kind != kind::DELETION {
        return Ok(());
    }
    let done = match hub.copy(Network::Nostr, &post_in::native_id(event)).await.map_err(later)? {
        None => carry_out(nostr, hub, member, event).await,
        Some(copy) if event.class() == Class::Addressable => change(nostr, hub, &copy, event).await,
        // Made here, or heard before.
        Some(_) => return Ok(()),
    };
    match done {
        Ok(()) => Ok(()),
        Err(HubError::Store(error)) => Err(Later(error.to_string())),
        Err(error @ (HubError::DiskFull | HubError::Busy)) => Err(Later(error.to_string())),
        Err(error) => {
            tracing::info!(id = %event.id, kind = event.kind, %error, "a member's event stays on the relay alone");
            Ok(())
        }
    }
}

fn later(error: HubError) -> Later {
    Later(error.to_string())
}

/// Another version of what has an address is an edit, if it is newer than the one that is known: relays may tell of both.
async fn change(nostr: &Nostr, hub: &Hub, copy: &Copy, event: &Event) -> Result<(), HubError> {
    if copy.kind != CopyKind::Post || copy.version == post_in::version(event) {
        return Ok(());
    }
    let known = hub.original(Network::Nostr, &copy.native_id).await?;
    let known = known.as_deref().and_then(|json| Event::from_json(std::str::from_utf8(json).ok()?).ok());
    if known.is_some_and(|known| event.replaces(&known)) {
        let draft = draft(nostr, hub, copy.actor, event).await?;
        hub.edit(copy.actor, copy.object, draft, Some(origin(event))).await?;
    }
    Ok(())
}

fn origin(event: &Event) -> Origin {
    Origin {
        network: Network::Nostr,
        native_id: post_in::native_id(event),
        original: bytes::Bytes::copy_from_slice(event.json.as_bytes()),
        brought: None,
    }
}

async fn carry_out(nostr: &Nostr, hub: &Hub, member: Id, event: &Event) -> Result<(), HubError> {
    let origin = Some(origin(event));
    match event.kind {
        kind::NOTE
        | kind::COMMENT
        | kind::POLL
        | kind::PICTURE
        | kind::VIDEO
        | kind::SHORT_VIDEO
        | kind::ARTICLE => {
            let draft = draft(nostr, hub, member, event).await?;
            hub.publish(draft, origin).await?;
        }
        kind::REPOST | kind::GENERIC_REPOST => {
            if let Some(target) = event.tags.value("a").or_else(|| event.tags.value("e"))
                && let Some(post) = post_of(nostr, hub, target).await?
            {
                hub.repost(member, post, Some(Visibility::Public), origin).await?;
            }
        }
        kind::REACTION => {
            if let Some(sign) = n25::read(event)
                && let Some(post) = post_of(nostr, hub, &sign.target).await?
            {
                hub.react(member, post, &sign.content, sign.emoji, origin).await?;
            }
        }
        kind::VOTE => {
            if let Some(poll) = n88::voted_in(event)
                && let Some(post) = post_of(nostr, hub, poll).await?
                && let Some(poll) = event_by_native(hub, poll).await?
            {
                hub.vote(member, post, &n88::choices(&poll, event), origin).await?;
            }
        }
        kind::FOLLOWS => follow_list(nostr, hub, member, event, origin).await?,
        kind::DELETION => {
            for target in event.tags.values("e").chain(event.tags.values("a")).take(500) {
                delete(hub, member, target, origin.clone()).await?;
            }
        }
        kind::REPORT => report(hub, member, event).await?,
        kind::METADATA => take_over_profile(hub, member, event, origin).await?,
        kind::RELAY_LIST => inbound::learn_relays(hub, event).await?,
        kind::BLOCKED_RELAYS => learn_blocked(hub, member, event).await?,
        kind::DM_RELAYS => private::relays::learn(hub, member, event).await?,
        kind::OLD_MESSAGE => private::own_old(hub, member, event).await?,
        // A request to vanish (NIP-62) asks relays, and ours has dropped what it held when it took it. The account is not
        // ended by it, nor what it wrote on other networks: only its member does that, here, with their password.
        _ => {}
    }
    Ok(())
}

/// A report from the member's own app is one to the moderators here too.
async fn report(hub: &Hub, member: Id, event: &Event) -> Result<(), HubError> {
    let n56::Report { targets, comment } = n56::read(event);
    let (mut about, mut posts) = (None, Vec::new());
    for target in &targets {
        if let Some(actor) = hub.actor_by_native(Network::Nostr, target).await? {
            about = about.or(Some(actor.id));
        } else if let Some(copy) = hub.copy(Network::Nostr, target).await?
            && copy.kind == CopyKind::Post
        {
            posts.push(copy.object);
        }
    }
    let Some(target) = about else { return Ok(()) };
    let comment: String = comment.chars().take(1000).collect();
    let new = NewReport {
        target,
        posts: &posts,
        comment: &comment,
        category: if comment.starts_with("spam") { "spam" } else { "other" },
        ..NewReport::default()
    };
    hub.report(member, new).await.map(|_| ())
}

/// The draft of a member's own note. Marks and mentions come with it; pictures stay links in the text, since they are
/// not files of ours.
async fn draft(nostr: &Nostr, hub: &Hub, member: Id, event: &Event) -> Result<Draft, HubError> {
    let key_name = |key: &Hex32| n19::npub(key);
    let post = post_in::read(event, &key_name).ok_or_else(|| HubError::invalid("no post"))?;
    let mut text = rename_people(nostr, hub, post.text).await?;
    for media in &post.media {
        let gap = if text.text.is_empty() { "" } else { "\n" };
        let start = (text.text.len() + gap.len()) as u32;
        text.text = format!("{}{gap}{}", text.text, media.url);
        text.marks.push(Mark {
            start,
            end: text.text.len() as u32,
            kind: MarkKind::Link { url: media.url.clone() },
        });
    }
    let reply_to = match &post.reply_to {
        Some(parent) => {
            // Without its parent it would be published as if it started a thread.
            let found = post_of(nostr, hub, parent).await?;
            Some(found.ok_or_else(|| HubError::invalid("the post that it answers is not known here"))?)
        }
        None => None,
    };
    let quote = match &post.quote {
        Some(quoted) => post_of(nostr, hub, quoted).await?,
        None => None,
    };
    let poll = post.poll.map(|poll| DraftPoll {
        options: poll.options.into_iter().map(|o| o.title).collect(),
        multiple: poll.multiple,
        hide_totals: false,
        expires_in: poll
            .ends_at
            .map(|end| (end.secs() - Time::now().secs()).clamp(300, 2_629_000).unsigned_abs()),
    });
    Ok(Draft {
        author: member,
        rich: Some(text),
        title: post.title,
        warning: post.warning,
        sensitive: post.sensitive,
        visibility: Some(Visibility::Public),
        languages: post.languages,
        poll,
        reply_to,
        quote,
        at: Some(Time::from_secs(event.created_at)),
        ..Draft::default()
    })
}

/// Mentions by key become mentions by the name that the hub knows the person by; unknown ones are looked up.
pub async fn rename_people(nostr: &Nostr, hub: &Hub, rich: RichText) -> Result<RichText, HubError> {
    let mut names: Vec<(String, String)> = Vec::new();
    for mark in &rich.marks {
        let MarkKind::Mention { id, .. } = &mark.kind else { continue };
        if names.iter().any(|(known, _)| known == id) || names.len() >= 20 {
            continue;
        }
        let mut actor = hub.actor_by_native(Network::Nostr, id).await?;
        if actor.is_none() {
            for incoming in lookup::fetch_profile(nostr, hub, id).await? {
                let _ = hub.receive(incoming).await;
            }
            actor = hub.actor_by_native(Network::Nostr, id).await?;
        }
        names.extend(actor.map(|a| (id.clone(), a.acct())));
    }
    // Written again with the names, and read again: offsets take care of themselves.
    let text = text_out::write(&rich, &|mark| match mark {
        MarkKind::Mention { id, .. } => {
            names.iter().find(|(known, _)| known == id).map(|(_, acct)| format!("@{acct}"))
        }
        _ => None,
    });
    Ok(compose(&text))
}

/// A post by native id, fetched when it is not known.
async fn post_of(nostr: &Nostr, hub: &Hub, native_id: &str) -> Result<Option<Id>, HubError> {
    if !is_hex32(native_id) && n19::parse_address(native_id).is_none() {
        return Ok(None);
    }
    if let Some(copy) = hub.copy(Network::Nostr, native_id).await? {
        return Ok(Some(copy.object));
    }
    // It may be on our own relay, or elsewhere.
    for incoming in lookup::fetch(nostr, hub, native_id).await? {
        let _ = hub.receive(incoming).await;
    }
    Ok(hub.copy(Network::Nostr, native_id).await?.map(|c| c.object))
}

/// A deletion takes back whatever its target was.
pub async fn delete(hub: &Hub, member: Id, target: &str, origin: Option<Origin>) -> Result<(), HubError> {
    let Some(copy) = hub.copy(Network::Nostr, target).await?.filter(|c| c.actor == member) else {
        return Ok(());
    };
    match copy.kind {
        CopyKind::Post | CopyKind::Repost => hub.delete_post(member, copy.object, origin).await.map(|_| ()),
        CopyKind::Reaction => {
            let row = hub.store().row(landbridge_store::entities::reactions::own(copy.object, member));
            let Some(mut row) = row.await? else { return Ok(()) };
            let (post, content): (Id, String) = (row.get(0)?, row.get(1)?);
            hub.unreact(member, post, &content, origin).await
        }
        _ => Ok(()),
    }
}

/// What a list of follows changes here.
struct Changes {
    new: Vec<Presence>,
    gone: Vec<Presence>,
}

/// The list that the member's own app has written: it goes out once, however much changes by it.
async fn follow_list(
    nostr: &Nostr,
    hub: &Hub,
    member: Id,
    event: &Event,
    origin: Option<Origin>,
) -> Result<(), HubError> {
    let changes = changes(nostr, hub, member, event).await?;
    if changes.new.is_empty() && changes.gone.is_empty() {
        return Ok(());
    }
    // First, since it is not known any more afterwards whom the list has changed.
    pass_on(nostr, hub, member, event, &changes).await?;
    for left in &changes.gone {
        hub.unfollow(member, left.actor, origin.clone()).await?;
    }
    for followed in &changes.new {
        follow(hub, member, followed.actor, origin.clone()).await?;
    }
    Ok(())
}

/// One of a list: whoever cannot be followed, because of a block, keeps nobody else out of it.
async fn follow(hub: &Hub, member: Id, target: Id, origin: Option<Origin>) -> Result<(), HubError> {
    match hub.follow(member, target, FollowOptions::default(), origin).await {
        Err(HubError::Forbidden(_)) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Whom the list of a key that was brought along names is followed here as well. Nothing of it goes out on Nostr, where it
/// comes from, and whoever was followed here before stays followed.
pub async fn learn_follows(nostr: &Nostr, hub: &Hub, member: Id, event: &Event) -> Result<(), HubError> {
    for followed in changes(nostr, hub, member, event).await?.new {
        follow(hub, member, followed.actor, None).await?;
    }
    Ok(())
}

/// A list against the follows here. New keys are looked up, a bounded number at once.
async fn changes(nostr: &Nostr, hub: &Hub, member: Id, event: &Event) -> Result<Changes, HubError> {
    let listed: Vec<String> = event.tags.people().iter().map(Hex32::to_string).collect();
    let before = hub.followed_presences(member, Network::Nostr).await?;
    let mut new = Vec::new();
    for key in listed.iter().filter(|k| !before.iter().any(|b| b.native_id == **k)).take(MOST_FOLLOWED) {
        let mut presence = hub.presence_by_native(Network::Nostr, key).await?;
        if presence.is_none() {
            let hint = event.tags.named("p").find(|t| t.get(1) == Some(key)).and_then(|t| t.get(2)).cloned();
            for incoming in lookup::profile_at(nostr, hub, key, hint.into_iter().collect()).await? {
                let _ = hub.receive(Incoming { via: Via::Fetched, ..incoming }).await;
            }
            presence = hub.presence_by_native(Network::Nostr, key).await?;
        }
        new.extend(presence.filter(|p| p.actor != member));
    }
    let gone = before.into_iter().filter(|p| !listed.contains(&p.native_id)).collect();
    Ok(Changes { new, gone })
}

/// Sends a list to where the member writes, to index relays, and to where whoever is new in it or gone looks.
async fn pass_on(
    nostr: &Nostr,
    hub: &Hub,
    member: Id,
    event: &Event,
    Changes { new, gone }: &Changes,
) -> Result<(), HubError> {
    let presence = hub.presence(member, Network::Nostr).await?;
    let open = |p: &Presence| p.state == PresenceState::Active;
    let Some(presence) = presence.filter(open) else { return Ok(()) };
    if hub.config().mode(Network::Nostr) != Mode::ReadWrite {
        return Ok(());
    }
    let facts = Facts::of(&presence);
    let mut relays: Vec<String> =
        facts.relays.write.iter().chain(&nostr.options.index_relays).cloned().collect();
    for concerned in new.iter().chain(gone) {
        relays.extend(Facts::of(concerned).inbox().into_iter().take(3));
    }
    relays.retain(|url| !facts.blocked.contains(url));
    let sent = Sent { actor: member, object: member, act: "follow" };
    send(nostr, hub, sent, event, &relays, Vec::new()).await
}

/// The relays that the member wants nothing to do with (kind 10006, NIP-51), those in its private part as well when the key
/// is here.
pub async fn learn_blocked(hub: &Hub, member: Id, event: &Event) -> Result<(), HubError> {
    let Some(presence) = hub.presence(member, Network::Nostr).await? else { return Ok(()) };
    let mut tags = event.tags.clone();
    if !event.content.is_empty()
        && let Some(keys) = keys::held(hub, member).await?
        && let Ok(text) = n44::decrypt(&keys, &keys.public(), &event.content)
    {
        tags.extend(serde_json::from_str::<Vec<Tag>>(&text).unwrap_or_default());
    }
    let urls = tags.values("relay").filter_map(n65::normal).take(MOST_BLOCKED).collect();
    let facts = Facts { blocked: urls, ..Facts::of(&presence) };
    hub.set_facts(Network::Nostr, &presence.native_id, facts.value()).await
}

/// Name and text of the member's new kind 0, which stays as it is there: that is its `origin`. Pictures are not taken over:
/// they are not files of ours.
pub async fn take_over_profile(
    hub: &Hub,
    member: Id,
    event: &Event,
    origin: Option<Origin>,
) -> Result<(), HubError> {
    let actor = hub.actor(member).await?;
    let told = crate::translate::profile::read(&event.pubkey, Some(event), "", None);
    let mut display_name = told.profile.display_name;
    // Whoever shows no other name is called by the user name there: our own word coming back from a relay is no change.
    if actor.profile.display_name.is_empty() && display_name == actor.username {
        display_name.clear();
    }
    let changed = Profile { display_name, bio: told.profile.bio, ..actor.profile.clone() };
    if changed.display_name == actor.profile.display_name && changed.bio.text == actor.profile.bio.text {
        return Ok(());
    }
    let bot = told.kind == landbridge_model::ActorKind::Service;
    hub.set_profile(member, changed, actor.locked, bot, origin).await?;
    Ok(())
}
