//! `GET /search?q=`: people, posts and tags known here; and whatever address, link or key was pasted, looked up on its
//! network.

use super::Answer;
use crate::{
    card::{Card, Reader},
    frame::{Frame, page},
    person::Person,
    visitor::Visitor,
    web::Web,
};
use askama::Template;
use axum::extract::{Query, State};
use landbridge_hub::reading::{Found, SearchOptions};

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    frame: Frame,
    text: String,
    people: Vec<Person>,
    cards: Vec<Card>,
    tags: Vec<String>,
}

#[derive(serde::Deserialize)]
pub struct Asked {
    q: Option<String>,
}

pub async fn show(State(web): State<Web>, visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let text: String = asked.q.unwrap_or_default().trim().chars().take(500).collect();
    // Only members make this server ask others.
    let options = SearchOptions {
        accounts: true,
        posts: visitor.session.is_some(),
        tags: true,
        resolve: visitor.session.is_some(),
        limit: 20,
        ..Default::default()
    };
    let mut found = if text.is_empty() {
        Found::default()
    } else {
        web.hub.search(visitor.id(), &text, &options).await?
    };
    if visitor.session.is_none() {
        found.actors.retain(|a| a.is_member());
    }
    let frame = Frame::new(&web, &visitor, "search", "Search").await?;
    let cards = Reader::new(&web, &visitor, &frame).cards(&found.posts);
    let people = found.actors.iter().map(|a| Person::new(&web.hub, a)).collect();
    page(&web, &visitor, &Search { text, people, cards, tags: found.tags, frame })
}
