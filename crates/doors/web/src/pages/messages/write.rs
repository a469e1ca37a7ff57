//! `GET /messages/to/{person}`: the first message to somebody, by the most private way or another;
//! `POST /messages/to/{person}/send`.

use super::Label;
use crate::{
    fields::Fields,
    frame::{Frame, page_with},
    pages::{Answer, id},
    person::Person,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::{Draft, HubError, messages::why_best};
use landbridge_model::{Actor, Network, Visibility};

#[derive(Template)]
#[template(path = "messages/write.html")]
struct Write {
    frame: Frame,
    person: Person,
    ways: Vec<Line>,
    /// Why the first way is the best; `None`: no way works.
    why: Option<&'static str>,
    text: String,
    problem: Option<String>,
    idempotency: String,
}

struct Line {
    label: Label,
    why_not: Option<String>,
    chosen: bool,
}

pub async fn show(State(web): State<Web>, signed: Signed, Path(person): Path<String>) -> Answer {
    let actor = web.hub.actor(id(&person)?).await?;
    form(&web, &signed, &actor, None, String::new(), None).await
}

pub async fn send(State(web): State<Web>, Path(person): Path<String>, fields: Fields) -> Answer {
    let Some(member) = fields.visitor.member().cloned() else { return Err(HubError::Unauthorized.into()) };
    let actor = web.hub.actor(id(&person)?).await?;
    let (text, via) = (fields.text("text"), Network::from_key(fields.get("way")));
    let draft = Draft {
        author: member.actor.id,
        text: text.trim().to_owned(),
        visibility: Some(Visibility::Direct),
        to: vec![actor.id],
        via,
        accept_weaker: fields.has("agree"),
        idempotency: Some(fields.get("idempotency").to_owned()).filter(|key| !key.is_empty()),
        ..Draft::default()
    };
    match web.hub.publish(draft, None).await {
        Ok(post) => {
            let conversation = web.hub.conversation_with(member.actor.id, post.id).await?;
            Ok(Redirect::to(&format!("/messages/{}#end", conversation.id)).into_response())
        }
        Err(HubError::Invalid(why)) => {
            let signed = Signed { visitor: fields.visitor, member };
            form(&web, &signed, &actor, via, text, Some(why)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn form(
    web: &Web,
    signed: &Signed,
    actor: &Actor,
    via: Option<Network>,
    text: String,
    problem: Option<String>,
) -> Answer {
    let ways = match actor.is_member() {
        true => Vec::new(),
        false => web.hub.ways(signed.id(), &[actor.id]).await?,
    };
    let works = ways.first().is_some_and(|way| way.can.is_ok());
    let why = match actor.is_member() {
        true => Some("It stays on this server, which can read it."),
        false => works.then(|| why_best(&ways)),
    };
    let chosen = via.or(ways.first().map(|way| way.network));
    let page = Write {
        frame: Frame::new(web, &signed.visitor, "messages", "New message").await?,
        person: Person::new(&web.hub, actor),
        ways: ways
            .into_iter()
            .map(|way| Line {
                label: Label::new(Some(way.network), &way.label),
                chosen: Some(way.network) == chosen,
                why_not: way.can.err(),
            })
            .collect(),
        why,
        text,
        idempotency: format!("page-{}", web.hub.ids().next()),
        problem,
    };
    let status = if page.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(web, &signed.visitor, status, &page)
}
