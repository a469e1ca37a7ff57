//! `GET /public`, `/local`, `/tags/{tag}`, `/bookmarks`, `/likes`: lists of posts.

use super::{Answer, Links, Paging};
use crate::{
    card::{Card, Reader},
    error::PageError,
    frame::{Frame, page},
    visitor::{Signed, Visitor},
    web::Web,
};
use askama::Template;
use axum::extract::{Path, Query, State};
use landbridge_hub::{PostView, reading::PublicTimeline};
use landbridge_model::{Id, richtext::normal_tag};

#[derive(Template)]
#[template(path = "posts.html")]
struct Posts {
    frame: Frame,
    heading: String,
    /// Other lists to go to: path, name, whether this is it.
    tabs: Vec<(&'static str, &'static str, bool)>,
    cards: Vec<Card>,
    links: Links,
    empty: &'static str,
}

pub async fn everything(State(web): State<Web>, visitor: Visitor, Query(paging): Query<Paging>) -> Answer {
    timeline(&web, visitor, paging, "/public", "Everything public", PublicTimeline::default()).await
}

pub async fn local(State(web): State<Web>, visitor: Visitor, Query(paging): Query<Paging>) -> Answer {
    let what = PublicTimeline { local: true, ..PublicTimeline::default() };
    timeline(&web, visitor, paging, "/local", "From here", what).await
}

pub async fn tag(
    State(web): State<Web>,
    visitor: Visitor,
    Path(tag): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let tag = normal_tag(&tag);
    let path = format!("/tags/{}", url::form_urlencoded::byte_serialize(tag.as_bytes()).collect::<String>());
    let what = PublicTimeline {
        tags_any: vec![tag.clone()],
        local: visitor.session.is_none(),
        ..PublicTimeline::default()
    };
    timeline(&web, visitor, paging, &path, &format!("#{tag}"), what).await
}

/// Strangers see what members wrote; what others wrote elsewhere is for members.
async fn timeline(
    web: &Web,
    visitor: Visitor,
    paging: Paging,
    path: &str,
    heading: &str,
    mut what: PublicTimeline,
) -> Answer {
    what.local |= visitor.session.is_none();
    let views = web.hub.public(&what, visitor.id(), paging.page()).await?;
    let is_local = path == "/local";
    let tabs = match visitor.session {
        Some(_) if what.tags_any.is_empty() => {
            vec![("/public", "Everything", !is_local), ("/local", "From here", is_local)]
        }
        _ => Vec::new(),
    };
    let links = paging.links(path, views.iter().map(|v| v.post.id));
    list(web, &visitor, "public", heading, tabs, &views, links, "There is nothing here yet.").await
}

pub async fn bookmarks(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let found = web.hub.bookmarks(signed.id(), paging.page()).await?;
    kept(
        &web,
        signed,
        paging,
        found,
        "/bookmarks",
        "Bookmarks",
        "What you bookmark is kept here. Nobody else sees it.",
    )
    .await
}

pub async fn likes(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let found = web.hub.liked(signed.id(), paging.page()).await?;
    kept(&web, signed, paging, found, "/likes", "Likes", "What you like is listed here.").await
}

async fn kept(
    web: &Web,
    signed: Signed,
    paging: Paging,
    found: Vec<(Id, PostView)>,
    path: &'static str,
    heading: &str,
    empty: &'static str,
) -> Answer {
    let links = paging.links(path, found.iter().map(|(id, _)| *id));
    let views: Vec<PostView> = found.into_iter().map(|(_, view)| view).collect();
    let tabs = vec![("/bookmarks", "Bookmarks", path == "/bookmarks"), ("/likes", "Likes", path == "/likes")];
    list(web, &signed.visitor, "me", heading, tabs, &views, links, empty).await
}

#[allow(clippy::too_many_arguments)]
async fn list(
    web: &Web,
    visitor: &Visitor,
    here: &'static str,
    heading: &str,
    tabs: Vec<(&'static str, &'static str, bool)>,
    views: &[PostView],
    links: Links,
    empty: &'static str,
) -> Result<axum::response::Response, PageError> {
    let frame = Frame::new(web, visitor, here, heading).await?;
    let cards = Reader::new(web, visitor, &frame).cards(views);
    page(web, visitor, &Posts { heading: heading.to_owned(), tabs, cards, links, empty, frame })
}
