//! Web Push: `/api/v1/push/subscription`, and what is sent to apps. docs/methods/push
//!
//! A notification that was written is told to every app of the member that wants to hear of its kind: [`sender`] listens,
//! [`payload`] words it, [`encrypt`] closes it to the app (RFC 8291, and the draft that older apps read), [`vapid`] says to
//! the push service who sends it (RFC 8292). The push service learns that, when and about how much, but not what.

mod encrypt;
mod payload;
mod sender;
mod subscription;
mod vapid;

pub use sender::run;
pub(crate) use vapid::public_key;

use crate::{Both, door::Door};
use axum::{Router, routing::post};

pub(crate) fn routes() -> Router<Door> {
    Router::new().both(
        "/api/v1/push/subscription",
        post(subscription::create)
            .get(subscription::show)
            .put(subscription::change)
            .delete(subscription::delete),
    )
}
