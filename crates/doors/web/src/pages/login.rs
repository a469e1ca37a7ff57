//! `GET /login`, `POST /login`, `POST /logout`: a session is a grant with the purpose `web`.

use super::Answer;
use crate::{
    error::PageError,
    fields::Fields,
    frame::{Frame, page_with},
    visitor::{Visitor, cookie},
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header};
use landbridge_hub::{
    HubError,
    accounts::{Member, NewGrant},
};
use landbridge_model::ActorState;
use std::time::Duration;

/// A session ends so long after sign-in.
const LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    name: String,
    next: String,
    domain: String,
    problem: Option<String>,
}

#[derive(serde::Deserialize)]
pub struct Next {
    next: Option<String>,
}

pub async fn show(State(web): State<Web>, visitor: Visitor, Query(query): Query<Next>) -> Answer {
    let next = safe_next(query.next.as_deref().unwrap_or_default()).to_owned();
    form(&web, &visitor, StatusCode::OK, String::new(), next, None).await
}

pub async fn sign_in(State(web): State<Web>, fields: Fields) -> Answer {
    let next = safe_next(fields.get("next")).to_owned();
    // People write their whole address here as well.
    let name =
        fields.get("name").trim_start_matches('@').split('@').next().unwrap_or_default().to_lowercase();
    match web.hub.sign_in_from(&name, fields.get("password"), fields.visitor.address).await {
        Ok(member) => {
            let next = if member.actor.state == ActorState::Deactivated {
                web.hub.reactivate(member.actor.id).await?;
                "/?done=back".to_owned()
            } else {
                next
            };
            // Another sign-in in this browser ends with the new one.
            if let Some(session) = &fields.visitor.session {
                web.hub.revoke_token(&session.token).await?;
            }
            start_session(&web, &member, &next).await
        }
        Err(HubError::Wait(wait)) => {
            let words = format!("Too many tries. Please wait {} seconds and try again.", wait.as_secs() + 1);
            form(&web, &fields.visitor, StatusCode::TOO_MANY_REQUESTS, name, next, Some(words)).await
        }
        // Only whoever knows the password comes so far, and reads why.
        Err(HubError::Forbidden(_)) => match suspended(&web, &name).await? {
            Some(path) => Ok(Redirect::to(&path).into_response()),
            None => {
                let words = "This account is suspended. Please ask those who run this server.".to_owned();
                form(&web, &fields.visitor, StatusCode::FORBIDDEN, name, next, Some(words)).await
            }
        },
        Err(HubError::Unauthorized | HubError::NotFound) => {
            let words = "That name and password do not go together.".to_owned();
            form(&web, &fields.visitor, StatusCode::UNAUTHORIZED, name, next, Some(words)).await
        }
        Err(e) => Err(e.into()),
    }
}

pub async fn sign_out(State(web): State<Web>, fields: Fields) -> Answer {
    if let Some(session) = &fields.visitor.session {
        web.hub.revoke_token(&session.token).await?;
    }
    let mut response = Redirect::to("/login?done=bye").into_response();
    set(&mut response, &web, "", Some(0));
    Ok(response)
}

/// Signs a member in and sends the browser on.
pub async fn start_session(web: &Web, member: &Member, next: &str) -> Result<Response, PageError> {
    let grant = NewGrant {
        member: Some(member.actor.id),
        purpose: "web",
        name: "A browser",
        scopes: "read write follow",
        lifetime: Some(LIFETIME),
        ..NewGrant::default()
    };
    let (_, token) = web.hub.grant(grant).await?;
    let mut response = Redirect::to(next).into_response();
    set(&mut response, web, &token, Some(LIFETIME.as_secs()));
    Ok(response)
}

/// The page with the reasons for which somebody is suspended, when they were given.
async fn suspended(web: &Web, name: &str) -> Result<Option<String>, HubError> {
    let member = web.hub.member_named(name).await?;
    let decided = web.hub.suspension_of(member.actor.id).await?;
    Ok(decided.map(|decided| web.hub.statement_path(decided.id)))
}

fn set(response: &mut Response, web: &Web, token: &str, lifetime: Option<u64>) {
    if let Some(cookie) = cookie(web, &web.hub.config().session_cookie(), token, lifetime) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

async fn form(
    web: &Web,
    visitor: &Visitor,
    status: StatusCode,
    name: String,
    next: String,
    problem: Option<String>,
) -> Answer {
    let frame = Frame::new(web, visitor, "login", "Sign in").await?;
    let domain = web.hub.config().account_domain.clone();
    page_with(web, visitor, status, &Login { name, next, domain, problem, frame })
}

/// Only a path of ours; `//host` and backslashes would lead elsewhere.
pub fn safe_next(next: &str) -> &str {
    let is_ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if is_ours { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (asked, goes) in [
            ("/compose?reply=1", "/compose?reply=1"),
            ("https://evil.example", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\n/evil", "/"),
            ("", "/"),
        ] {
            assert_eq!(safe_next(asked), goes);
        }
    }
}
