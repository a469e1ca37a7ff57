//! `GET /statement/{id}/{code}`: a decision of the moderators, with its statement of reasons: what, why, by which rule, and how
//! to appeal. `POST`: the appeal. It opens for whoever has the link, since somebody who is suspended cannot sign in.
//! `GET /decisions`: all decisions about the member.

use super::{Answer, Links, Paging, id};
use crate::{
    fields::Fields,
    frame::{Frame, page},
    visitor::{Signed, Visitor},
    web::Web,
    words::When,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::moderation::{Decided, Ground, TO_APPEAL};
use landbridge_model::Time;

#[derive(Template)]
#[template(path = "statement.html")]
struct Statement {
    frame: Frame,
    path: String,
    what: &'static str,
    about: String,
    reason: String,
    rule: String,
    law: bool,
    when: When,
    undone: Option<When>,
    appeal: Option<Said>,
    answer: Option<Said>,
    granted: bool,
    /// Until when there can be one.
    until: Option<When>,
}

/// Words, and when they were said.
struct Said {
    text: String,
    when: When,
}

#[derive(Template)]
#[template(path = "decisions.html")]
struct Decisions {
    frame: Frame,
    lines: Vec<Line>,
    links: Links,
}

struct Line {
    path: String,
    what: &'static str,
    about: String,
    when: When,
    undone: bool,
    state: &'static str,
}

pub async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path((decision, code)): Path<(String, String)>,
) -> Answer {
    let decided = web.hub.statement(id(&decision)?, &code).await?;
    let now = Time::now();
    let said = |text: &str, at: Time| Said { text: text.to_owned(), when: When::new(at, now) };
    let answer = decided.appeal.as_ref().and_then(|appeal| appeal.answer.as_ref());
    let shown = Statement {
        frame: Frame::new(&web, &visitor, "", "Decision of the moderators").await?,
        path: web.hub.statement_path(decided.id),
        what: decided.measure.words(),
        about: decided.about.clone(),
        reason: decided.reason.clone(),
        rule: decided.rule.clone(),
        law: decided.ground == Ground::Law,
        when: When::new(decided.at, now),
        undone: decided.undone_at.map(|at| When::new(at, now)),
        appeal: decided.appeal.as_ref().map(|appeal| said(&appeal.text, appeal.at)),
        answer: answer.map(|answer| said(&answer.text, answer.at)),
        granted: answer.is_some_and(|answer| answer.granted),
        until: decided.can_appeal().then(|| When::new(decided.at.plus(TO_APPEAL), now)),
    };
    page(&web, &visitor, &shown)
}

pub async fn appeal(
    State(web): State<Web>,
    Path((decision, code)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let decided = web.hub.statement(id(&decision)?, &code).await?;
    web.hub.appeal(decided.id, &fields.text("text")).await?;
    let path = web.hub.statement_path(decided.id);
    Ok(Redirect::to(&format!("{path}?done=appealed")).into_response())
}

pub async fn list(State(web): State<Web>, signed: Signed, Query(paging): Query<Paging>) -> Answer {
    let found = web.hub.decisions_about(signed.id(), paging.page()).await?;
    let links = paging.links("/decisions", found.iter().map(|decided| decided.id));
    let lines = found.iter().map(|decided| line(&web, decided)).collect();
    let frame = Frame::new(&web, &signed.visitor, "notifications", "Decisions of the moderators").await?;
    page(&web, &signed.visitor, &Decisions { lines, links, frame })
}

fn line(web: &Web, decided: &Decided) -> Line {
    let state = match &decided.appeal {
        None if decided.can_appeal() => "You can appeal.",
        None => "",
        Some(appeal) if appeal.answer.is_none() => "Your appeal waits for an answer.",
        Some(_) => "Your appeal was answered.",
    };
    Line {
        path: web.hub.statement_path(decided.id),
        what: decided.measure.words(),
        about: decided.about.clone(),
        when: When::new(decided.at, Time::now()),
        undone: decided.undone_at.is_some(),
        state,
    }
}
