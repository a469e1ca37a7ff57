//! `GET /posts/{id}/delete`, `POST /posts/{id}/delete`: asks first, and says what deleting can do on each network.

use super::{Answer, id};
use crate::{
    card::{Card, Reader},
    fields::Fields,
    frame::{Frame, page},
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::HubError;

#[derive(Template)]
#[template(path = "delete.html")]
struct Delete {
    frame: Frame,
    card: Card,
    /// It is where nothing can be recalled.
    forever: bool,
}

pub async fn show(State(web): State<Web>, signed: Signed, Path(post): Path<String>) -> Answer {
    let view = web.hub.view(id(&post)?, Some(signed.id())).await?;
    if view.post.author != signed.id() {
        return Err(HubError::NotFound.into());
    }
    let frame = Frame::new(&web, &signed.visitor, "", "Delete").await?;
    let forever = view.networks.iter().any(|n| *n != landbridge_model::Network::ActivityPub);
    let card = Card { is_quoted: true, ..Reader::new(&web, &signed.visitor, &frame).card(&view) };
    page(&web, &signed.visitor, &Delete { card, forever, frame })
}

pub async fn delete(State(web): State<Web>, Path(post): Path<String>, fields: Fields) -> Answer {
    let member = fields.visitor.id().ok_or(HubError::Unauthorized)?;
    web.hub.delete_post(member, id(&post)?, None).await?;
    Ok(Redirect::to(&format!("/posts/{post}/where?done=deleted")).into_response())
}
