//! What apps ask for at every start and what is not here yet: an empty list is the truth, and an attempt to add to it is
//! refused in words.

use crate::{Both, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::{
    Router,
    routing::{get, post},
};

/// Of a member.
const OWN: [&str; 10] = [
    "/api/v1/announcements",
    "/api/v1/endorsements",
    "/api/v1/featured_tags",
    "/api/v1/featured_tags/suggestions",
    "/api/v1/filters",
    "/api/v1/followed_tags",
    "/api/v1/lists",
    "/api/v1/scheduled_statuses",
    "/api/v1/suggestions",
    "/api/v2/suggestions",
];
/// Of everybody.
const OPEN: [&str; 6] = [
    "/api/v1/custom_emojis",
    "/api/v1/directory",
    "/api/v1/trends",
    "/api/v1/trends/links",
    "/api/v1/trends/statuses",
    "/api/v1/trends/tags",
];

pub(super) fn routes(mut router: Router<Door>) -> Router<Door> {
    for path in OWN {
        let refuse = async |auth: Auth| {
            auth.member("write")?;
            Err::<(), _>(ApiError::invalid("this server does not have this function yet"))
        };
        router = router.both(path, get(own).post(refuse));
    }
    for path in OPEN {
        router = router.both(path, get(async || Answer::empty()));
    }
    router.both("/api/v2/filters", get(own).post(no_filters)).both(
        "/api/v1/push/subscription",
        post(no_push).put(no_push).get(no_subscription).delete(no_subscription),
    )
}

async fn own(auth: Auth) -> Result<Answer, ApiError> {
    auth.signed_in()?;
    Ok(Answer::empty())
}

async fn no_filters(auth: Auth) -> Result<(), ApiError> {
    auth.member("write:filters")?;
    Err(ApiError::invalid("this server does not have filters yet"))
}

async fn no_push(auth: Auth) -> Result<(), ApiError> {
    auth.member("push")?;
    Err(ApiError::invalid("this server does not send push notifications yet"))
}

async fn no_subscription(auth: Auth) -> Result<(), ApiError> {
    auth.member("push")?;
    Err(ApiError::not_found())
}
