//! `POST /inbox`, `POST /users/{name}/inbox`, `POST /actor/inbox` (ActivityPub, 7): all alike, since who an activity
//! is for stands in it.

use super::Site;
use super::answer::later;
use crate::inbound::Answer;
use crate::vocab::MAX_BODY;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};

pub(super) async fn deliver(State(site): State<Site>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|l| l.to_str().ok()).and_then(|l| l.parse().ok());
    let fits = declared.is_none_or(|length: usize| length <= MAX_BODY);
    let read = if fits { axum::body::to_bytes(body, MAX_BODY + 1).await.ok() } else { None };
    let answer = match read {
        Some(body) => site.ap.inbox(&site.hub, &uri, &headers, body).await,
        None => Answer::too_large(),
    };
    tracing::debug!(status = answer.status.as_u16(), why = %answer.why, "inbox");
    match answer.status {
        StatusCode::SERVICE_UNAVAILABLE => later(answer.why),
        status => (status, answer.why).into_response(),
    }
}
