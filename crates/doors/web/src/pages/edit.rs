//! `GET /posts/{id}/edit`, `POST /posts/{id}/edit`: other words for a post. Who may see it never changes.

use super::{Answer, compose, id};
use crate::{fields::Fields, visitor::Signed, web::Web};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use landbridge_hub::{Draft, DraftPoll, HubError};
use landbridge_model::Poll;

pub async fn show(State(web): State<Web>, signed: Signed, Path(post): Path<String>) -> Answer {
    let view = web.hub.view(id(&post)?, Some(signed.id())).await?;
    if view.post.author != signed.id() {
        return Err(HubError::NotFound.into());
    }
    compose::edit_form(&web, &signed, view.post.id, compose::typed_from(&view.post), None).await
}

pub async fn save(State(web): State<Web>, Path(post): Path<String>, fields: Fields) -> Answer {
    let Some(member) = fields.visitor.member().cloned() else { return Err(HubError::Unauthorized.into()) };
    let before = web.hub.view(id(&post)?, Some(member.actor.id)).await?.post;
    let warning = Some(fields.get("warning").to_owned()).filter(|w| !w.is_empty());
    let draft = Draft {
        author: member.actor.id,
        text: fields.text("text").trim().to_owned(),
        sensitive: fields.has("sensitive") || warning.is_some(),
        warning,
        title: before.title.clone(),
        languages: Some(fields.get("language").to_owned()).filter(|l| !l.is_empty()).into_iter().collect(),
        media: before.media.iter().map(|m| m.id).collect(),
        poll: before.poll.as_ref().map(as_it_runs),
        ..Draft::default()
    };
    match web.hub.edit(member.actor.id, before.id, draft, None).await {
        Ok(post) => {
            Ok(Redirect::to(&format!("/@{}/{}?done=edited", member.actor.acct(), post.id)).into_response())
        }
        Err(HubError::Invalid(why)) => {
            let mut typed = compose::typed_from(&before);
            typed.text = fields.text("text");
            let signed = Signed { visitor: fields.visitor, member };
            compose::edit_form(&web, &signed, before.id, typed, Some(why)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// The form does not ask about the poll of a post: it goes on.
fn as_it_runs(poll: &Poll) -> DraftPoll {
    DraftPoll {
        options: poll.options.iter().map(|option| option.title.clone()).collect(),
        multiple: poll.multiple,
        hide_totals: poll.hide_totals,
        expires_in: None,
    }
}
