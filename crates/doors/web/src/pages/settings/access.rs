//! `/settings/access`: apps and browsers that may act for the member, each ended by a button; the password.

use super::{knows_password, signed};
use crate::{
    fields::Fields,
    frame::{Frame, page_with},
    pages::{Answer, id, join, login::start_session},
    visitor::Signed,
    web::Web,
    words::When,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::accounts::{Grant, GrantUse, READ_CONVERSATION};
use landbridge_model::{Id, Time};

#[derive(Template)]
#[template(path = "settings/access.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    problem: Option<String>,
    grants: Vec<Line>,
    name: String,
    min_password: usize,
}

struct Line {
    id: Id,
    name: String,
    what: String,
    since: String,
    used: Option<String>,
    here: bool,
    /// What it did lately: when, what, and the conversation that it read.
    uses: Vec<(String, String, Option<String>)>,
}

/// Lines of a grant's log that are shown.
const USES: usize = 20;

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    form(&web, &signed, None).await
}

pub async fn revoke(State(web): State<Web>, Path(grant): Path<String>, fields: Fields) -> Answer {
    let (signed, _) = signed(fields)?;
    web.hub.revoke(signed.id(), id(&grant)?).await?;
    Ok(Redirect::to("/settings/access?done=revoked").into_response())
}

pub async fn change_password(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    if !knows_password(&web, &signed, fields.get("old")).await? {
        return form(&web, &signed, Some("The present password is not right.".into())).await;
    }
    let password = match join::check_password(&fields) {
        Ok(password) => password,
        Err(problem) => return form(&web, &signed, Some(problem)).await,
    };
    web.hub.set_password(signed.id(), &password).await?;
    // A new password ends the sessions that were begun with the old one; this browser goes on with a new one.
    start_session(&web, &signed.member, "/settings/access?done=password").await
}

async fn form(web: &Web, signed: &Signed, problem: Option<String>) -> Answer {
    let here = signed.visitor.session.as_ref().map(|s| s.grant.id);
    let grants = web.hub.grants(signed.id()).await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut lines = Vec::with_capacity(grants.len());
    for grant in grants {
        let (grant, uses) = web.hub.grant_with_uses(signed.id(), grant.id).await?;
        lines.push(line(grant, &uses, here));
    }
    let page = Page {
        grants: lines,
        frame: Frame::new(web, &signed.visitor, "settings", "Access").await?,
        tab: "access",
        problem,
        name: signed.member.actor.username.clone(),
        min_password: join::MIN_PASSWORD,
    };
    page_with(web, &signed.visitor, status, &page)
}

fn line(grant: Grant, uses: &[GrantUse], here: Option<Id>) -> Line {
    let now = Time::now();
    let what = match grant.purpose.as_str() {
        "web" => "a sign-in by browser".to_owned(),
        "nostr-signer" => "signs for you on Nostr".to_owned(),
        _ => may(&grant),
    };
    Line {
        id: grant.id,
        name: grant.name,
        what,
        since: When::new(grant.created_at, now).full,
        used: grant.last_used_at.map(|at| When::new(at, now).full),
        here: Some(grant.id) == here,
        uses: uses
            .iter()
            .take(USES)
            .map(|u| {
                let conversation = u.what.strip_prefix(READ_CONVERSATION).map(|id| format!("/messages/{id}"));
                let what = if conversation.is_some() { "read a conversation" } else { u.what.as_str() };
                (When::new(u.last_at, now).full, format!("{what} ({}×)", u.uses), conversation)
            })
            .collect(),
    }
}

/// Scopes of an app in words.
fn may(grant: &Grant) -> String {
    let has = |scope: &str| {
        grant.scopes.split_whitespace().any(|s| s == scope || s.starts_with(&format!("{scope}:")))
    };
    match (has("read"), has("write")) {
        (true, true) => "may read and write".to_owned(),
        (true, false) => "may read".to_owned(),
        (false, true) => "may write".to_owned(),
        (false, false) => format!("may: {}", grant.scopes),
    }
}
