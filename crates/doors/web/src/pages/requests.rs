//! `GET /requests`, `POST /requests/{id}/accept|reject`: who wants to follow.

use super::{Answer, id};
use crate::{
    fields::Fields,
    frame::{Frame, page},
    html,
    person::Person,
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::{HubError, Page};

#[derive(Template)]
#[template(path = "requests.html")]
struct Requests {
    frame: Frame,
    /// Who, and their own words about themselves.
    people: Vec<(Person, String)>,
}

pub async fn show(State(web): State<Web>, signed: Signed) -> Answer {
    let found = web.hub.follow_requests(signed.id(), Page { limit: 80, ..Page::default() }).await?;
    let bio = |a: &landbridge_model::Actor| html::rich(&web.hub, &a.profile.bio, &[], &a.profile.emojis);
    let people = found.iter().map(|(_, a)| (Person::new(&web.hub, a), bio(a))).collect();
    let frame = Frame::new(&web, &signed.visitor, "notifications", "Follow requests").await?;
    page(&web, &signed.visitor, &Requests { people, frame })
}

pub async fn answer(
    State(web): State<Web>,
    Path((who, answer)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let (me, who) = (fields.visitor.id().ok_or(HubError::Unauthorized)?, id(&who)?);
    match answer.as_str() {
        "accept" => web.hub.accept_follow(me, who).await?,
        "reject" => web.hub.reject_follow(me, who).await?,
        _ => return Err(HubError::NotFound.into()),
    };
    Ok(Redirect::to("/requests").into_response())
}
