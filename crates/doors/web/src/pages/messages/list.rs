//! `GET /messages`

use super::{Label, names};
use crate::{
    frame::{Frame, page},
    pages::{Answer, Links, Paging},
    person::Person,
    visitor::Signed,
    web::Web,
    words::When,
};
use askama::Template;
use axum::extract::{Query, State};
use landbridge_model::{Id, Time};

#[derive(Template)]
#[template(path = "messages/list.html")]
struct List {
    frame: Frame,
    items: Vec<Line>,
    links: Links,
}

struct Line {
    id: Id,
    names: String,
    first: Option<Person>,
    label: Label,
    /// The beginning of the last message.
    words: String,
    when: Option<When>,
    unread: u64,
}

/// Characters of a message that the list shows.
const BEGINNING: usize = 120;

pub async fn show(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let found = web.hub.conversations(signed.id(), paging.page()).await?;
    if let Some(session) = &signed.visitor.session {
        found.iter().for_each(|conversation| web.hub.used_conversation(session.grant.id, conversation.id));
    }
    let (links, now) = (paging.links("/messages", found.iter().map(|c| c.last_post)), Time::now());
    let items = found
        .iter()
        .map(|conversation| Line {
            id: conversation.id,
            names: names(conversation),
            first: conversation.people.first().map(|actor| Person::new(&web.hub, actor)),
            label: Label::of(conversation),
            words: conversation.last.as_ref().map_or_else(String::new, |view| {
                let words = view.post.warning.as_ref().unwrap_or(&view.post.text.text);
                words.chars().take(BEGINNING).collect()
            }),
            when: conversation.last.as_ref().map(|view| When::new(view.post.created_at, now)),
            unread: conversation.unread,
        })
        .collect();
    let frame = Frame::new(&web, &signed.visitor, "messages", "Messages").await?;
    page(&web, &signed.visitor, &List { frame, items, links })
}
