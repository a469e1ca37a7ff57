//! `/settings/account`: invitations, a break, the end.

use super::{knows_password, signed};
use crate::{
    fields::Fields,
    frame::{Frame, page_with},
    pages::Answer,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::{
    HubError, Registrations,
    accounts::{Once, Role},
};
use std::time::Duration;

/// An invitation is good for so long.
const INVITATION: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Template)]
#[template(path = "settings/account.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    problem: Option<String>,
    may_invite: bool,
    invitation: Option<String>,
    name: String,
    address: String,
    /// Other accounts that this one says are the same person's: native ids.
    aliases: Vec<String>,
    moved_to: Option<String>,
}

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    form(&web, &signed, None, None).await
}

pub async fn invite(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, _) = signed(fields)?;
    if !may_invite(&web, &signed) {
        return Err(HubError::Forbidden("only those who run this place may invite").into());
    }
    let once = Once {
        purpose: "invite".into(),
        member: Some(signed.id()),
        facts: serde_json::json!({ "role": "member" }),
    };
    let secret = web.hub.once(once, INVITATION).await?;
    form(&web, &signed, None, Some(web.hub.config().url(&format!("/invite/{secret}")))).await
}

pub async fn rest(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    if !knows_password(&web, &signed, fields.get("password")).await? {
        return form(&web, &signed, Some("That is not your password.".into()), None).await;
    }
    web.hub.deactivate(signed.id()).await?;
    if let Some(session) = &signed.visitor.session {
        web.hub.revoke_token(&session.token).await?;
    }
    Ok(Redirect::to("/login?done=resting").into_response())
}

pub async fn delete(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    if fields.get("name").trim_start_matches('@') != signed.member.actor.username {
        return form(&web, &signed, Some("The name is not yours; nothing was deleted.".into()), None).await;
    }
    if !knows_password(&web, &signed, fields.get("password")).await? {
        return form(&web, &signed, Some("That is not your password; nothing was deleted.".into()), None)
            .await;
    }
    web.hub.delete_member(signed.id()).await?;
    Ok(Redirect::to("/login?done=gone").into_response())
}

/// Where everybody may join nobody needs to be invited; elsewhere members may where invitations are the way in, and
/// those who run the place always may.
fn may_invite(web: &Web, signed: &Signed) -> bool {
    match web.hub.config().registrations {
        Registrations::Open => false,
        Registrations::Invite => true,
        Registrations::Closed | Registrations::Approval => signed.member.role >= Role::Admin,
    }
}

pub(super) async fn form(
    web: &Web,
    signed: &Signed,
    problem: Option<String>,
    invitation: Option<String>,
) -> Answer {
    let name = signed.member.actor.username.clone();
    let moved_to = match signed.member.actor.moved_to {
        Some(id) => Some(format!("@{}", web.hub.actor(id).await?.acct())),
        None => None,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: Frame::new(web, &signed.visitor, "settings", "Account").await?,
        tab: "account",
        problem,
        may_invite: may_invite(web, signed),
        invitation,
        aliases: signed.member.actor.profile.also_known_as.clone(),
        moved_to,
        address: format!("@{}", web.hub.config().address(&name)),
        name,
    };
    page_with(web, &signed.visitor, status, &page)
}
