//! `GET /messages/{id}/delete`, `POST /messages/{id}/delete`: asks first.

use super::names;
use crate::{
    fields::Fields,
    frame::{Frame, page},
    pages::{Answer, id},
    visitor::Signed,
    web::Web,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::HubError;
use landbridge_model::Id;

#[derive(Template)]
#[template(path = "messages/delete.html")]
struct Delete {
    frame: Frame,
    id: Id,
    names: String,
}

pub async fn show(State(web): State<Web>, signed: Signed, Path(conversation): Path<String>) -> Answer {
    let id = id(&conversation)?;
    let names = names(&web.hub.conversation(signed.id(), id).await?);
    let frame = Frame::new(&web, &signed.visitor, "messages", "Delete").await?;
    page(&web, &signed.visitor, &Delete { frame, id, names })
}

pub async fn delete(State(web): State<Web>, Path(conversation): Path<String>, fields: Fields) -> Answer {
    let member = fields.visitor.id().ok_or(HubError::Unauthorized)?;
    web.hub.delete_conversation(member, id(&conversation)?).await?;
    Ok(Redirect::to("/messages?done=conversation").into_response())
}
