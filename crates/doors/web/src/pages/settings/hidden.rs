//! `/settings/hidden`: whom a member has blocked or muted, and which hosts; each undone by a button.

use super::signed;
use crate::{
    fields::Fields,
    frame::{Frame, page},
    pages::Answer,
    person::Person,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use landbridge_hub::HubError;
use landbridge_model::{Actor, Id};

/// People of each list that are shown.
const MOST: u32 = 80;

#[derive(Template)]
#[template(path = "settings/hidden.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    blocked: Vec<Person>,
    muted: Vec<Person>,
    hosts: Vec<String>,
}

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    let (me, first) = (signed.id(), landbridge_hub::Page { limit: MOST, ..Default::default() });
    let people = |found: Vec<(Id, Actor)>| found.iter().map(|(_, a)| Person::new(&web.hub, a)).collect();
    let shown = Page {
        blocked: people(web.hub.blocks(me, first).await?),
        muted: people(web.hub.mutes(me, first).await?),
        hosts: web.hub.domain_blocks(me).await?,
        frame: Frame::new(&web, &signed.visitor, "settings", "Hidden").await?,
        tab: "hidden",
    };
    page(&web, &signed.visitor, &shown)
}

/// `host`, and `on` to hide it.
pub async fn host(State(web): State<Web>, fields: Fields) -> Answer {
    let (signed, fields) = signed(fields)?;
    let host = fields.get("host").trim_start_matches('@').to_lowercase();
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || "/@?#\\".contains(c)) {
        return Err(HubError::invalid("Please write the name of a server, such as example.social.").into());
    }
    web.hub.block_domain(signed.id(), &host, fields.has("on")).await?;
    Ok(Redirect::to("/settings/hidden?done=saved").into_response())
}
