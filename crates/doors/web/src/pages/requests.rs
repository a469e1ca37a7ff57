//! `GET /requests`, `POST /requests/{id}/accept|decline|block`: who came for the first time and waits for an answer.
//! `GET /requests/log`, `POST /requests/log/{id}/undo`: what was decided, and to take it back.

use super::{Answer, Links, Paging, id};
use crate::{
    fields::Fields,
    frame::{Frame, page},
    person::Person,
    visitor::Signed,
    web::Web,
    words::{self, When},
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::{
    Hub, HubError,
    gate::{Contact, Line, Reason, Scope, Verdict},
};
use landbridge_model::{Actor, Id, Time};

#[derive(Template)]
#[template(path = "requests.html")]
struct Requests {
    frame: Frame,
    items: Vec<Item>,
    links: Links,
}

struct Item {
    id: Id,
    who: Person,
    /// What they want, after their name.
    wants: String,
    network: &'static str,
    why: &'static str,
    /// Since when they are known here.
    since: When,
    when: When,
    warning: Option<String>,
    /// The first text, as plain text.
    text: String,
    /// What is not shown: files, further items.
    rest: Vec<String>,
}

#[derive(Template)]
#[template(path = "request-log.html")]
struct Log {
    frame: Frame,
    lines: Vec<Decided>,
    links: Links,
}

struct Decided {
    id: Id,
    who: Person,
    what: String,
    why: &'static str,
    when: When,
    undone: bool,
    can_undo: bool,
}

pub async fn show(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let found = web.hub.contact_requests(signed.id(), &Scope::ALL, paging.page()).await?;
    let links = paging.links("/requests", found.iter().map(|contact| contact.id));
    let items = found.iter().map(|contact| item(&web.hub, contact)).collect();
    let frame = Frame::new(&web, &signed.visitor, "notifications", "Requests").await?;
    page(&web, &signed.visitor, &Requests { items, links, frame })
}

pub async fn answer(
    State(web): State<Web>,
    Path((contact, answer)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let (me, contact) = (fields.visitor.id().ok_or(HubError::Unauthorized)?, id(&contact)?);
    match answer.as_str() {
        "accept" => web.hub.accept_contact(me, contact).await?,
        "decline" => web.hub.decline_contact(me, contact).await?,
        "block" => web.hub.block_contact(me, contact).await?,
        _ => return Err(HubError::NotFound.into()),
    }
    Ok(Redirect::to("/requests?done=answered").into_response())
}

pub async fn log(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let found = web.hub.contact_log(signed.id(), paging.page()).await?;
    let links = paging.links("/requests/log", found.iter().map(|line| line.id));
    let lines = found.iter().map(|line| decided(&web.hub, line)).collect();
    let frame = Frame::new(&web, &signed.visitor, "notifications", "Decisions").await?;
    page(&web, &signed.visitor, &Log { lines, links, frame })
}

pub async fn undo(State(web): State<Web>, Path(line): Path<String>, fields: Fields) -> Answer {
    let me = fields.visitor.id().ok_or(HubError::Unauthorized)?;
    web.hub.undo_decision(me, id(&line)?).await?;
    Ok(Redirect::to("/requests/log?done=undone").into_response())
}

/// Without their picture: nothing is fetched for whoever was not let in.
fn stranger(hub: &Hub, actor: &Actor) -> Person {
    Person { avatar: None, ..Person::new(hub, actor) }
}

fn item(hub: &Hub, contact: &Contact) -> Item {
    let first = contact.first.as_ref();
    let mut rest = Vec::new();
    if let Some(files) = first.map(|first| first.files).filter(|files| *files > 0) {
        rest.push(format!("{} not shown", words::plural(files as u64, "file")));
    }
    if contact.items > 1 {
        rest.push(format!("{} more", contact.items - 1));
    }
    let wants = match (contact.scope, first.map(|first| first.kind)) {
        (Scope::Follow, _) => "wants to follow you",
        (Scope::Private, _) => "wants to write to you in private",
        (Scope::Public, Some("reaction")) => "reacted to your post",
        (Scope::Public, Some("repost")) => "reposted you",
        (Scope::Public, Some("quote")) => "wants to quote you",
        (Scope::Public, _) => "wrote to you in public",
    };
    let now = Time::now();
    Item {
        id: contact.id,
        who: stranger(hub, &contact.stranger),
        wants: wants.into(),
        network: contact.network.map_or("here", |network| network.label()),
        why: why(contact.reason),
        since: When::new(contact.stranger.id.time(), now),
        when: When::new(contact.asked_at, now),
        warning: first.and_then(|first| first.warning.clone()),
        text: first.map(|first| first.text.clone()).unwrap_or_default(),
        rest,
    }
}

fn decided(hub: &Hub, line: &Line) -> Decided {
    let what = match line.verdict {
        Verdict::Held => "was asked to wait",
        Verdict::Dropped => "was turned away",
        Verdict::Granted => "was let in",
        Verdict::Declined => "was declined",
        Verdict::Revoked => "was let in no longer",
        Verdict::Blocked => "was blocked",
    };
    let scope = match line.scope {
        Some(Scope::Public) => ", in public",
        Some(Scope::Follow) => ", to follow you",
        Some(Scope::Private) => ", in private",
        None => "",
    };
    Decided {
        id: line.id,
        who: stranger(hub, &line.stranger),
        what: format!("{what}{scope}"),
        why: why(line.reason),
        when: When::new(line.at, Time::now()),
        undone: line.undone_at.is_some(),
        can_undo: line.undone_at.is_none() && line.verdict.can_be_undone(),
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::NotFollowed => "you do not follow them",
        Reason::NotFollower => "they do not follow you",
        Reason::New => "this server has not known them for long",
        Reason::Private => "it is private, and you do not know them",
        Reason::Limited => "the operator has limited where they come from",
        Reason::LinkOrMedia => "the first text has a link or files",
        Reason::Locked => "you want to be asked before anybody follows you",
        Reason::Vacation => "you are on vacation",
        Reason::Young => "the rules for young members",
        Reason::Revoked => "you had let them in, and took it back",
        Reason::Asked => "they have asked before",
        Reason::Member => "you said so",
        Reason::Followed => "you follow them",
        Reason::Wrote => "you wrote to them",
        Reason::Budget => "many came from there at once",
        Reason::Wave => "the operator has answered many that were nearly the same",
    }
}
