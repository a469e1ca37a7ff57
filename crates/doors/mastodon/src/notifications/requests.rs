//! `GET /api/v1/notifications/requests`, `/:id`, `POST /:id/{accept,dismiss}`, `/accept`, `/dismiss`, `GET /merged`:
//! docs/methods/notifications#get-requests
//!
//! One request for each stranger and scope (public, private); requests to follow are at `/api/v1/follow_requests`.
//! `last_status` is the first text, as plain text and without files: nothing else has its id. To dismiss is to decline.

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{Account, Show, Status},
    error::ApiError,
    page::{Answer, ends, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_hub::{
    PostView,
    gate::{Contact, HELD, Scope},
};
use landbridge_model::Id;
use serde::Serialize;
use serde_json::json;

/// docs/entities/NotificationRequest
#[derive(Serialize)]
struct Request<'a> {
    id: String,
    created_at: String,
    updated_at: String,
    notifications_count: String,
    account: Account<'a>,
    last_status: Option<Status<'a>>,
}

impl<'a> Request<'a> {
    fn new(show: &Show<'_>, contact: &'a Contact, first: Option<&'a PostView>) -> Request<'a> {
        Request {
            id: contact.id.to_string(),
            created_at: contact.asked_at.rfc3339(),
            updated_at: contact.changed_at.rfc3339(),
            notifications_count: contact.items.to_string(),
            account: Account::new(show, &contact.stranger),
            last_status: first.map(|view| Status::new(show, view)),
        }
    }
}

pub(super) async fn list(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let found = door.hub.contact_requests(me, &HELD, page(&Params::query(&uri), 40)).await?;
    let show = Show::people(&door, Some(me), found.iter().map(|contact| &contact.stranger)).await?;
    let first: Vec<_> = found.iter().map(Contact::first_view).collect();
    let shown: Vec<_> =
        found.iter().zip(&first).map(|(c, first)| Request::new(&show, c, first.as_ref())).collect();
    Ok(Answer::list(door.hub.config(), &uri, &shown, ends(&found, |contact| contact.id)))
}

pub(super) async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let found = door.hub.contact_by_id(me, id).await?;
    if found.scope == Scope::Follow {
        return Err(ApiError::not_found());
    }
    let show = Show::people(&door, Some(me), [&found.stranger]).await?;
    Ok(Answer::one(&Request::new(&show, &found, found.first_view().as_ref())))
}

pub(super) async fn accept(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    answer(&door, auth.member("write:notifications")?, &[id], true).await
}

pub(super) async fn dismiss(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    answer(&door, auth.member("write:notifications")?, &[id], false).await
}

pub(super) async fn accept_all(
    State(door): State<Door>,
    auth: Auth,
    params: Params,
) -> Result<Answer, ApiError> {
    answer(&door, auth.member("write:notifications")?, &params.ids("id"), true).await
}

pub(super) async fn dismiss_all(
    State(door): State<Door>,
    auth: Auth,
    params: Params,
) -> Result<Answer, ApiError> {
    answer(&door, auth.member("write:notifications")?, &params.ids("id"), false).await
}

/// What was accepted is where it belongs when the answer is given.
pub(super) async fn merged(auth: Auth) -> Result<Answer, ApiError> {
    auth.member("read:notifications")?;
    Ok(Answer::one(&json!({ "merged": true })))
}

async fn answer(door: &Door, me: Id, ids: &[Id], yes: bool) -> Result<Answer, ApiError> {
    for id in ids {
        match yes {
            true => door.hub.accept_contact(me, *id).await?,
            false => door.hub.decline_contact(me, *id).await?,
        }
    }
    Ok(Answer::one(&json!({})))
}
