//! `GET /@name`, `GET /@name@host`: somebody, and what they wrote. Strangers see members.

use super::{Answer, Links, Paging, handle, thread};
use crate::{
    card::{Card, Reader},
    frame::{Frame, page},
    html,
    person::{self, Person},
    visitor::Visitor,
    web::Web,
    words::{self, When},
};
use askama::Template;
use axum::extract::{Path, Query, State};
use landbridge_hub::{HubError, Page, Relationship, reading::AccountPosts};
use landbridge_model::{Acct, Actor, ActorState, MarkKind, Network, PresenceState, Time};

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile {
    frame: Frame,
    person: Person,
    header: Option<String>,
    bio: String,
    fields: Vec<Row>,
    identities: Vec<Identity>,
    since: String,
    posts: String,
    following: String,
    followers: String,
    locked: bool,
    moved: Option<Person>,
    relation: Option<Relationship>,
    is_me: bool,
    elsewhere: Option<String>,
    tabs: Vec<(String, &'static str, bool)>,
    pinned: Vec<Card>,
    cards: Vec<Card>,
    links: Links,
    limited: bool,
}

struct Row {
    name: String,
    value: String,
    verified: Option<String>,
}

/// What somebody is called on one network.
struct Identity {
    label: &'static str,
    key: &'static str,
    name: String,
}

#[derive(serde::Deserialize)]
pub struct Which {
    show: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Answer {
    let actor = find(&web, &visitor, &handle(&name)?).await?;
    let activity = match actor.is_member() {
        true => web
            .hub
            .presence(actor.id, Network::ActivityPub)
            .await?
            .filter(|p| p.state == PresenceState::Active),
        false => None,
    };
    let activity = activity.map(|p| p.native_id);
    let is_me = visitor.id() == Some(actor.id);
    let mut frame = Frame::new(&web, &visitor, if is_me { "me" } else { "" }, actor.shown_name()).await?;
    if actor.is_member() {
        describe(&web, &actor, &mut frame);
        frame.head.activity = activity.clone();
    }
    let shown = profile(&web, &visitor, actor, &which, frame).await?;
    let mut response = page(&web, &visitor, &shown)?;
    thread::link(&mut response, activity.as_deref());
    Ok(response)
}

/// Members of this place are for everybody; people from elsewhere for members, who may also have them looked up.
async fn find(web: &Web, visitor: &Visitor, acct: &Acct) -> Result<Actor, HubError> {
    let known = web.hub.actor_by_acct(acct).await?;
    let found = match (known, visitor.session.is_some()) {
        (None, true) if acct.domain.is_some() => web.hub.find_actor(&format!("@{acct}")).await?,
        (known, _) => known,
    };
    let is_gone =
        |a: &Actor| matches!(a.state, ActorState::Deleted | ActorState::Suspended | ActorState::Deactivated);
    let may_see = |a: &Actor| {
        visitor.id() == Some(a.id) || (!is_gone(a) && (a.is_member() || visitor.session.is_some()))
    };
    found.filter(may_see).ok_or(HubError::NotFound)
}

async fn profile(
    web: &Web,
    visitor: &Visitor,
    actor: Actor,
    which: &Which,
    frame: Frame,
) -> Result<Profile, crate::error::PageError> {
    let (hub, reader_id) = (&web.hub, visitor.id());
    let path = person::path(&actor);
    let tab = which.show.as_deref().unwrap_or_default();
    let what = AccountPosts {
        only_media: tab == "media",
        exclude_replies: tab.is_empty(),
        exclude_reposts: tab == "media",
        ..AccountPosts::default()
    };
    let views = hub.account_posts(actor.id, &what, reader_id, which.paging.page()).await?;
    let tab_path = if tab.is_empty() { path.clone() } else { format!("{path}?show={tab}") };
    let links = which.paging.links(&tab_path, views.iter().map(|v| v.post.id));
    let pins = AccountPosts { pinned: true, ..AccountPosts::default() };
    let pinned = match tab.is_empty() && which.paging.older.is_none() && which.paging.newer.is_none() {
        true => hub.account_posts(actor.id, &pins, reader_id, Page::default()).await?,
        false => Vec::new(),
    };
    let relation = match reader_id.filter(|me| *me != actor.id) {
        Some(me) => Some(hub.relationship(me, actor.id).await?),
        None => None,
    };
    let moved = match actor.moved_to {
        Some(id) => hub.actor(id).await.ok().map(|a| Person::new(hub, &a)),
        None => None,
    };
    let is_me = reader_id == Some(actor.id);
    let identities = identities(web, &actor, is_me).await?;
    let reader = Reader::new(web, visitor, &frame);
    let (pinned, cards) = (reader.cards(&pinned), reader.cards(&views));
    let fields = actor.profile.fields.iter().map(|f| Row {
        name: html::inline(hub, &f.name, &actor.profile.emojis),
        value: html::rich(hub, &f.value, &[], &actor.profile.emojis),
        verified: f.verified_at.map(|at| When::new(at, Time::now()).full),
    });
    // Zero is what is not known of people elsewhere.
    let number = |n| if actor.is_member() { words::count(n) } else { words::some(n) };
    Ok(Profile {
        fields: fields.collect(),
        person: Person::new(hub, &actor),
        header: actor.profile.header.as_ref().and_then(|p| html::picture(hub, p)),
        bio: html::rich(hub, &actor.profile.bio, &[], &actor.profile.emojis),
        identities,
        since: actor.created_at.date(),
        posts: number(actor.posts),
        following: number(actor.following),
        followers: number(actor.followers),
        locked: actor.locked,
        moved,
        is_me,
        elsewhere: actor.url.clone().filter(|u| !actor.is_member() && u.starts_with("http")),
        tabs: vec![
            (path.clone(), "Posts", tab.is_empty()),
            (format!("{path}?show=replies"), "With replies", tab == "replies"),
            (format!("{path}?show=media"), "Pictures", tab == "media"),
        ],
        pinned,
        cards,
        links,
        limited: actor.state == ActorState::Limited && !relation.as_ref().is_some_and(|r| r.following),
        relation,
        frame,
    })
}

/// Names on other networks: one's own always, those of others when they link them in public (or are from there).
async fn identities(web: &Web, actor: &Actor, is_me: bool) -> Result<Vec<Identity>, HubError> {
    let linked = match actor.is_member() {
        true => web.hub.member(actor.id).await.is_ok_and(|m| m.settings.link_identities),
        false => true,
    };
    let presences = web.hub.presences(actor.id).await?;
    let shown = presences.into_iter().filter(|p| {
        p.state == PresenceState::Active && (linked || is_me || p.network == Network::ActivityPub)
    });
    let name = |network: Network, native: &str| match network {
        Network::ActivityPub if actor.is_member() => {
            format!("@{}", web.hub.config().address(&actor.username))
        }
        Network::ActivityPub => format!("@{}", actor.acct()),
        _ => web.hub.shown_actor(network, native),
    };
    Ok(shown
        .map(|p| Identity {
            label: p.network.label(),
            key: p.network.key(),
            name: name(p.network, &p.native_id),
        })
        .collect())
}

fn describe(web: &Web, actor: &Actor, frame: &mut Frame) {
    let config = web.hub.config();
    frame.head.canonical = Some(config.url(&person::path(actor)));
    frame.head.kind = "profile";
    frame.head.description = actor.profile.bio.text.chars().take(300).collect();
    frame.head.image =
        actor.profile.avatar.as_ref().and_then(|p| html::picture(&web.hub, p)).map(|p| config.url(&p));
    let links = actor.profile.fields.iter().flat_map(|f| &f.value.marks).filter_map(|m| match &m.kind {
        MarkKind::Link { url } if url.starts_with("https://") => Some(url.clone()),
        _ => None,
    });
    frame.head.me = links.collect();
}
