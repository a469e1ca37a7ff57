//! `GET /messages/{id}`: a conversation, the newest message last; `POST /messages/{id}`: an answer.

use super::{Label, names};
use crate::{
    card::{Card, Reader},
    fields::Fields,
    frame::{Frame, page_with},
    pages::{Answer, Links, Paging, id},
    person::Person,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::{Draft, HubError, messages::Message};
use landbridge_model::{Id, Visibility};

#[derive(Template)]
#[template(path = "messages/one.html")]
struct One {
    frame: Frame,
    id: Id,
    names: String,
    people: Vec<Person>,
    label: Label,
    /// What the member had agreed to, in words, when it has become less private.
    before: Option<&'static str>,
    messages: Vec<Shown>,
    links: Links,
    problem: Option<String>,
    text: String,
    idempotency: String,
}

/// A message, and what became of it.
struct Shown {
    card: Card,
    state: Option<String>,
}

pub async fn show(
    State(web): State<Web>,
    signed: Signed,
    Path(conversation): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let conversation = id(&conversation)?;
    form(&web, &signed, conversation, &paging, String::new(), None).await
}

pub async fn answer(State(web): State<Web>, Path(conversation): Path<String>, fields: Fields) -> Answer {
    let conversation = id(&conversation)?;
    let Some(member) = fields.visitor.member().cloned() else { return Err(HubError::Unauthorized.into()) };
    let known = web.hub.conversation(member.actor.id, conversation).await?;
    let text = fields.text("text");
    let draft = Draft {
        author: member.actor.id,
        text: text.trim().to_owned(),
        visibility: Some(Visibility::Direct),
        reply_to: Some(known.last_post),
        to: known.people.iter().map(|actor| actor.id).collect(),
        via: known.network,
        accept_weaker: fields.has("agree"),
        idempotency: Some(fields.get("idempotency").to_owned()).filter(|key| !key.is_empty()),
        ..Draft::default()
    };
    match web.hub.publish(draft, None).await {
        Ok(_) => Ok(Redirect::to(&format!("/messages/{conversation}#end")).into_response()),
        Err(HubError::Invalid(why)) => {
            let signed = Signed { visitor: fields.visitor, member };
            form(&web, &signed, conversation, &Paging::default(), text, Some(why)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn form(
    web: &Web,
    signed: &Signed,
    id: Id,
    paging: &Paging,
    text: String,
    problem: Option<String>,
) -> Answer {
    let me = signed.id();
    let known = web.hub.conversation(me, id).await?;
    let messages = web.hub.messages(me, id, paging.page()).await?;
    web.hub.read_conversation(me, id).await?;
    if let Some(session) = &signed.visitor.session {
        web.hub.used_conversation(session.grant.id, id);
    }
    let path = format!("/messages/{id}");
    let links = paging.links(&path, messages.iter().map(|message| message.view.post.id));
    let frame = Frame::new(web, &signed.visitor, "messages", names(&known)).await?;
    let reader = Reader::new(web, &signed.visitor, &frame);
    let mut shown: Vec<Shown> = messages.iter().map(|message| of_message(reader, message)).collect();
    shown.reverse();
    let page = One {
        id,
        names: names(&known),
        people: known.people.iter().map(|actor| Person::new(&web.hub, actor)).collect(),
        label: Label::of(&known),
        before: known.is_weaker().then(|| known.agreed.words()),
        messages: shown,
        links,
        idempotency: format!("page-{}", web.hub.ids().next()),
        text,
        frame,
        problem,
    };
    let status = if page.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(web, &signed.visitor, status, &page)
}

fn of_message(reader: Reader<'_>, message: &Message) -> Shown {
    let state = message.standing.as_ref().map(|standing| match &standing.why {
        Some(why) => format!("{}: {why}", standing.state.key()),
        None => standing.state.key().to_owned(),
    });
    Shown { card: Card { is_quoted: true, ..reader.card(&message.view) }, state }
}
