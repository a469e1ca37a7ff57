//! `GET /users/{name}/outbox`, `/followers`, `/following`, `/featured` (ActivityPub, 5).

use super::Site;
use super::answer::{No, document};
use crate::outbound::{native, note_parts, wrap};
use crate::render::{self, note};
use crate::vocab::same_authority;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};
use landbridge_hub::reading::AccountPosts;
use landbridge_hub::{CopyKind, HubError, Page, PostView};
use landbridge_model::{Actor, Id, Network};
use serde::Deserialize;
use serde_json::{Value, json};

const PAGE: u32 = 20;
const PEOPLE: u32 = 40;

/// `?page=true&max={id}`
#[derive(Deserialize, Default)]
pub(super) struct Paging {
    page: Option<String>,
    max: Option<Id>,
}

impl Paging {
    fn page(&self, limit: u32) -> Option<Page> {
        self.page.as_ref().map(|_| Page { max: self.max, limit, ..Page::default() })
    }
}

pub(super) async fn instance_outbox(State(site): State<Site>) -> Response {
    document(StatusCode::OK, &render::collection(&site.urls.at("/actor/outbox"), 0, Some(Vec::new()), None))
}

pub(super) async fn outbox(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let actor = site.member(&name).await?;
    site.reader_of(actor.id, &uri, &headers).await?;
    let id = site.urls.of_actor(&name, "outbox");
    let Some(page) = paging.page(PAGE) else {
        return Ok(first(&id, actor.posts));
    };
    let posts = site.hub.account_posts(actor.id, &AccountPosts::default(), None, page).await?;
    let last = posts.last().map(|p| p.post.id);
    let mut items = Vec::with_capacity(posts.len());
    for view in &posts {
        items.extend(site.activity_of(&name, view).await?);
    }
    Ok(page_of(&id, items, last, &paging))
}

pub(super) async fn followers(
    site: State<Site>,
    name: Path<String>,
    paging: Query<Paging>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    people(site, name, paging, uri, headers, true).await
}

pub(super) async fn following(
    site: State<Site>,
    name: Path<String>,
    paging: Query<Paging>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    people(site, name, paging, uri, headers, false).await
}

async fn people(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
    uri: Uri,
    headers: HeaderMap,
    followers: bool,
) -> Result<Response, No> {
    let actor: Actor = site.member(&name).await?;
    site.reader_of(actor.id, &uri, &headers).await?;
    let (what, total) =
        if followers { ("followers", actor.followers) } else { ("following", actor.following) };
    let id = site.urls.of_actor(&name, what);
    if actor.profile.hide_collections {
        return Ok(document(StatusCode::OK, &render::collection(&id, total, None, None)));
    }
    let Some(page) = paging.page(PEOPLE) else { return Ok(first(&id, total)) };
    let people = match followers {
        true => site.hub.followers(actor.id, page).await?,
        false => site.hub.following(actor.id, page).await?,
    };
    let last = people.last().map(|(place, _)| *place);
    let ids: Vec<Id> = people.iter().map(|(_, a)| a.id).collect();
    let presences = site.hub.presences_of(&ids, Network::ActivityPub).await?;
    let items = presences.into_iter().map(|p| Value::from(p.native_id)).collect();
    Ok(page_of(&id, items, last, &paging))
}

/// FEP-8fcf: the followers on the server that asks, in its own name.
pub(super) async fn followers_there(
    State(site): State<Site>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let actor = site.member(&name).await?;
    let reader = site.reader_of(actor.id, &uri, &headers).await?;
    let reader = reader.ok_or_else(|| No::Unauthorized("this is shown to signed requests only".into()))?;
    let followers = site.hub.follower_presences(actor.id, Network::ActivityPub).await?;
    let there = followers.into_iter().map(|p| p.native_id).filter(|id| same_authority(id, &reader.signer));
    let items: Vec<Value> = there.map(Value::from).collect();
    let id = site.urls.of_actor(&name, "followers_synchronization");
    Ok(document(StatusCode::OK, &render::collection(&id, items.len() as u64, Some(items), None)))
}

/// Pinned posts, whole.
pub(super) async fn featured(
    State(site): State<Site>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let actor = site.member(&name).await?;
    site.reader_of(actor.id, &uri, &headers).await?;
    let pinned = AccountPosts { pinned: true, ..AccountPosts::default() };
    let page = Page { limit: PEOPLE, ..Page::default() };
    let posts = site.hub.account_posts(actor.id, &pinned, None, page).await?;
    let mut items = Vec::new();
    for view in posts.iter().filter(|v| v.post.author == actor.id && v.post.repost_of.is_none()) {
        items.push(note(&note_parts(&site.hub, &site.urls, &name, &view.post).await?));
    }
    let id = site.urls.of_actor(&name, "featured");
    Ok(document(StatusCode::OK, &render::collection(&id, items.len() as u64, Some(items), None)))
}

fn first(id: &str, total: u64) -> Response {
    document(StatusCode::OK, &render::collection(id, total, None, Some(format!("{id}?page=true"))))
}

fn page_of(id: &str, items: Vec<Value>, last: Option<Id>, paging: &Paging) -> Response {
    let own = paging.max.map_or_else(|| format!("{id}?page=true"), |max| format!("{id}?page=true&max={max}"));
    let next = last.map(|last| format!("{id}?page=true&max={last}"));
    document(StatusCode::OK, &render::collection_page(&own, id, items, next))
}

impl Site {
    /// The `Create` or `Announce` that a post on a profile was.
    async fn activity_of(&self, name: &str, view: &PostView) -> Result<Option<Value>, HubError> {
        let post = &view.post;
        let actor = self.urls.actor(name);
        let id = format!("{}/activity", self.urls.post(name, post.id));
        let Some(target) = post.repost_of else {
            let parts = note_parts(&self.hub, &self.urls, name, post).await?;
            return Ok(Some(Value::Object(wrap("Create", &id, &actor, &parts))));
        };
        let Some(object) = native(&self.hub, CopyKind::Post, target).await? else { return Ok(None) };
        let fields = json!({"published": post.created_at.rfc3339(), "to": [crate::vocab::PUBLIC]});
        Ok(Some(Value::Object(render::activity("Announce", &id, &actor, object.into(), fields))))
    }
}
