//! What goes wrong on a page, in words for whoever looks at it.

use crate::frame;
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use landbridge_hub::HubError;

#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A form without the right token, or from another site.
    #[error("the form did not come from a page of this site")]
    Forged,
    #[error("the form is too big or damaged")]
    TooBig,
    #[error("a page could not be made: {0}")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    css: &'static str,
    title: &'static str,
    words: String,
}

impl PageError {
    fn shown(&self) -> (StatusCode, &'static str, String) {
        let own = |e: &HubError| e.to_string();
        match self {
            PageError::Forged => (
                StatusCode::FORBIDDEN,
                "Please try that again",
                "This form is too old, or did not come from a page of this site. Go back, reload the page and send it again.".into(),
            ),
            PageError::TooBig => (StatusCode::PAYLOAD_TOO_LARGE, "Too big", "What you sent is too big, or arrived damaged.".into()),
            PageError::Hub(e) => match e {
                HubError::NotFound => {
                    (StatusCode::NOT_FOUND, "Nothing here", "There is nothing at this address, or it is not for you to see.".into())
                }
                HubError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "That did not work", own(e)),
                HubError::Forbidden(_) => (StatusCode::FORBIDDEN, "Not allowed", own(e)),
                HubError::Unauthorized => (StatusCode::UNAUTHORIZED, "Please sign in", own(e)),
                HubError::Conflict(_) => (StatusCode::CONFLICT, "Please try that again", own(e)),
                HubError::Remote(_) => (StatusCode::BAD_GATEWAY, "The other side did not answer as it should", own(e)),
                HubError::Busy => (StatusCode::TOO_MANY_REQUESTS, "Too much at once", own(e)),
                HubError::Wait(_) => (StatusCode::TOO_MANY_REQUESTS, "Please wait", own(e)),
                HubError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "No space left", own(e)),
                HubError::Store(error) if error.is_passing() => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "One moment, please",
                    "This server cannot reach its database just now. Go back and try again in a while.".into(),
                ),
                HubError::Store(_) | HubError::Damaged(_) => ours(),
            },
            PageError::Template(_) => ours(),
        }
    }
}

fn ours() -> (StatusCode, &'static str, String) {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "Our fault",
        "Something went wrong here. It has been noted; please try again later.".into(),
    )
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, words) = self.shown();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "a page failed");
        }
        let html = ErrorPage { css: crate::assets::css_path(), title, words }.render().unwrap_or_default();
        (status, frame::headers(), html).into_response()
    }
}
