//! `GET /`: what the people one follows wrote, from every network; for strangers, what this place is.

use super::{Answer, Links, Paging, about};
use crate::{
    card::{Card, Reader},
    frame::{Frame, page},
    visitor::Visitor,
    web::Web,
    words,
};
use askama::Template;
use axum::extract::{Query, State};
use landbridge_hub::gate::Scope;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    cards: Vec<Card>,
    links: Links,
    /// Nothing here because nobody is followed yet.
    is_fresh: bool,
    visibility: &'static str,
    requests: u64,
}

pub async fn show(State(web): State<Web>, visitor: Visitor, Query(paging): Query<Paging>) -> Answer {
    let Some(member) = visitor.member() else { return about::welcome(&web, &visitor).await };
    let frame = Frame::new(&web, &visitor, "home", "Home").await?;
    let views = web.hub.home(member.actor.id, paging.page()).await?;
    let links = paging.links("/", views.iter().map(|v| v.post.id));
    let cards = Reader::new(&web, &visitor, &frame).cards(&views);
    let is_fresh = cards.is_empty() && member.actor.following == 0;
    let requests = web.hub.contacts_waiting(member.actor.id, &Scope::ALL).await?.strangers;
    let visibility = words::visibility_key(member.settings.visibility);
    page(&web, &visitor, &Home { cards, links, is_fresh, visibility, requests, frame })
}
