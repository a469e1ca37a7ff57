//! `GET /search?q=`: people, posts and tags known here; and whatever address, link or key was pasted, looked up on its
//! network. `GET /authorize_interaction?uri=`: where other servers' pages send visitors who are at home here, to
//! follow, answer or like from here (OStatus subscribe template, FEP-3b86): shows what they came from.

use super::Answer;
use crate::{
    card::{Card, Reader},
    frame::{Frame, page},
    person::Person,
    visitor::Visitor,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::Redirect,
};
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

#[derive(serde::Deserialize)]
pub struct Sent {
    #[serde(default)]
    uri: String,
}

pub async fn remote(Query(sent): Query<Sent>) -> Redirect {
    let text = sent.uri.trim().trim_start_matches("acct:");
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
    Redirect::to(&format!("/search?{query}"))
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
