//! `GET /users/{name}/statuses/{id}`, its activity, replies, likes and shares, and `GET /contexts/{id}`: the thread's
//! collection, oldest first (FEP-7888, FEP-f228).
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::Site;
use super::answer::{No, bytes, document, wants_document};
use crate::outbound::{native, note_parts, wrap};
use crate::render::{self, note, with_context};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, Uri};
use landbridge_hub::{CopyKind, CopyState, PostView};
use landbridge_model::{Id, Network, Post};
use serde_json::{Value, json};

/// Posts of a thread that are listed.
const MAX_THREAD: u16 = 500;
/// Replies that come with the post itself.
const EMBEDDED: u16 = 5;

type Named = Path<(String, Id)>;

pub(super) async fn object(
    State(site): State<Site>,
    Path((name, id)): Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    if !wants_document(&headers) {
        return Ok(Redirect::to(&site.urls.post_page(&name, id)).into_response());
    }
    let post = site.shown(&name, id, &uri, &headers).await?;
    let parts = note_parts(&site.hub, &site.urls, &name, &post).await?;
    let mut note = note(&parts);
    if post.replies > 0 {
        // Mastodon reads a thread on from the first page as it stands here, and asks for no other.
        note["replies"]["first"]["items"] = site.answers(&post, EMBEDDED).await?.into();
    }
    Ok(document(StatusCode::OK, &with_context(note)))
}

/// `Create`, or the `Announce` as it was sent.
pub(super) async fn activity(
    State(site): State<Site>,
    Path((name, id)): Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let activity_id = format!("{}/activity", site.urls.post(&name, id));
    if let Some(sent) = site.hub.original(Network::ActivityPub, &activity_id).await? {
        let repost = site.hub.post(id).await?;
        let reader = site.reader_of(repost.author, &uri, &headers).await?;
        site.show(&repost, reader.as_ref()).await?;
        return Ok(bytes(StatusCode::OK, sent.to_vec()));
    }
    let post = site.shown(&name, id, &uri, &headers).await?;
    let parts = note_parts(&site.hub, &site.urls, &name, &post).await?;
    let create = wrap("Create", &activity_id, &site.urls.actor(&name), &parts);
    Ok(document(StatusCode::OK, &with_context(Value::Object(create))))
}

/// Replies that are public, the author's own first: the collection, or its only page alone.
pub(super) async fn replies(
    State(site): State<Site>,
    Path((name, id)): Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let post = site.shown(&name, id, &uri, &headers).await?;
    let items = site.answers(&post, MAX_THREAD).await?;
    let own = format!("{}/replies", site.urls.post(&name, id));
    let page = json!({
        "id": format!("{own}?page=1"), "type": "CollectionPage", "partOf": own, "items": items
    });
    let replies = match uri.query() {
        Some("page=1") => page,
        _ => json!({"id": own, "type": "Collection", "totalItems": post.replies, "first": page}),
    };
    Ok(document(StatusCode::OK, &with_context(replies)))
}

pub(super) async fn likes(
    State(site): State<Site>,
    Path((name, id)): Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let post = site.shown(&name, id, &uri, &headers).await?;
    Ok(site.counted(&name, &post, "likes", post.likes))
}

pub(super) async fn shares(
    State(site): State<Site>,
    Path((name, id)): Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let post = site.shown(&name, id, &uri, &headers).await?;
    Ok(site.counted(&name, &post, "shares", post.reposts))
}

/// Everything public in a thread that began here.
pub(super) async fn context(
    State(site): State<Site>,
    Path(root): Path<Id>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, No> {
    let copy = site.hub.copy_on(CopyKind::Post, root, Network::ActivityPub).await?;
    let copy = copy.filter(|c| site.urls.is_ours(&c.native_id)).ok_or(No::NotFound)?;
    let name = site.urls.member_of(&copy.native_id).ok_or(No::NotFound)?.to_owned();
    let post = site.shown(&name, root, &uri, &headers).await?;
    let thread = site.hub.thread(post.id, None).await?;
    let mut replies: Vec<&PostView> = thread.descendants.iter().take(MAX_THREAD.into()).collect();
    replies.sort_by_key(|v| v.post.id);
    let mut items = vec![Value::from(copy.native_id.as_str())];
    items.extend(site.native_ids(replies.into_iter()).await?);
    let mut collection = render::collection(&site.urls.context(root), items.len() as u64, Some(items), None);
    collection["attributedTo"] = site.urls.actor(&name).into();
    Ok(document(StatusCode::OK, &collection))
}

impl Site {
    /// A post of that member, if whoever asks may read it; a tombstone if it was deleted.
    async fn shown(&self, name: &str, id: Id, uri: &Uri, headers: &HeaderMap) -> Result<Post, No> {
        self.member(name).await?;
        let native_id = self.urls.post(name, id);
        let copy = self.hub.copy(Network::ActivityPub, &native_id).await?;
        match copy.map(|c| c.state) {
            None => return Err(No::NotFound),
            Some(CopyState::Deleted) => return Err(No::Gone(render::tombstone(&native_id))),
            Some(_) => {}
        }
        let post = self.hub.post(id).await?;
        let reader = self.reader_of(post.author, uri, headers).await?;
        self.show(&post, reader.as_ref()).await?;
        Ok(post)
    }

    /// Ids of public replies to a post, its author's own first.
    async fn answers(&self, post: &Post, most: u16) -> Result<Vec<Value>, No> {
        let answers = self.hub.answers(post, most).await?;
        self.native_ids(answers.iter()).await
    }

    fn counted(&self, name: &str, post: &Post, what: &str, total: u64) -> Response {
        let id = format!("{}/{what}", self.urls.post(name, post.id));
        document(StatusCode::OK, &with_context(json!({"id": id, "type": "Collection", "totalItems": total})))
    }

    async fn native_ids(&self, views: impl Iterator<Item = &PostView>) -> Result<Vec<Value>, No> {
        let mut ids = Vec::new();
        for view in views.filter(|v| v.post.visibility.is_open()) {
            ids.extend(native(&self.hub, CopyKind::Post, view.post.id).await?.map(Value::from));
        }
        Ok(ids)
    }
}
