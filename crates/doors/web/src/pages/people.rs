//! `GET /@name/followers`, `GET /@name/following`.

use super::{Answer, Links, Paging, handle};
use crate::{
    frame::{Frame, page},
    person::{self, Person},
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::extract::{Path, Query, State};
use landbridge_hub::HubError;
use landbridge_model::{Actor, Id};

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    heading: String,
    back: String,
    people: Vec<Person>,
    links: Links,
    /// The reader's own followers, who can be removed.
    can_remove: bool,
    hidden: bool,
}

pub async fn followers(
    State(web): State<Web>,
    signed: Signed,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let actor = web.hub.actor_by_acct(&handle(&name)?).await?.ok_or(HubError::NotFound)?;
    let found =
        if hides(&actor, &signed) { Vec::new() } else { web.hub.followers(actor.id, paging.page()).await? };
    list(&web, signed, &actor, paging, found, "followers", "Followers of").await
}

pub async fn following(
    State(web): State<Web>,
    signed: Signed,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let actor = web.hub.actor_by_acct(&handle(&name)?).await?.ok_or(HubError::NotFound)?;
    let found =
        if hides(&actor, &signed) { Vec::new() } else { web.hub.following(actor.id, paging.page()).await? };
    list(&web, signed, &actor, paging, found, "following", "Followed by").await
}

fn hides(actor: &Actor, signed: &Signed) -> bool {
    actor.profile.hide_collections && actor.id != signed.id()
}

async fn list(
    web: &Web,
    signed: Signed,
    actor: &Actor,
    paging: Paging,
    found: Vec<(Id, Actor)>,
    which: &str,
    words: &str,
) -> Answer {
    let back = person::path(actor);
    let heading = format!("{words} {}", actor.shown_name());
    let people = People {
        links: paging.links(&format!("{back}/{which}"), found.iter().map(|(id, _)| *id)),
        people: found.iter().map(|(_, a)| Person::new(&web.hub, a)).collect(),
        can_remove: which == "followers" && actor.id == signed.id(),
        hidden: hides(actor, &signed),
        frame: Frame::new(web, &signed.visitor, "", heading.clone()).await?,
        heading,
        back,
    };
    page(web, &signed.visitor, &people)
}
