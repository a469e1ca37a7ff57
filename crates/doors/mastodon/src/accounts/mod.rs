//! `/api/v1/accounts`: people. docs/methods/accounts

mod block;
mod empty;
mod follow;
mod followers;
mod get;
mod note;
mod relationships;
mod search;
mod signup;
mod statuses;
mod verify_credentials;

use crate::door::Door;
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use verify_credentials::credential_account;

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .route("/api/v1/accounts", get(get::many).post(signup::create))
        .route("/api/v1/accounts/verify_credentials", get(verify_credentials::get))
        .route("/api/v1/accounts/lookup", get(get::lookup))
        .route("/api/v1/accounts/search", get(search::get))
        .route("/api/v1/accounts/relationships", get(relationships::get))
        .route("/api/v1/accounts/familiar_followers", get(relationships::familiar_followers))
        .route("/api/v1/accounts/{id}", get(get::one))
        .route("/api/v1/accounts/{id}/statuses", get(statuses::get))
        .route("/api/v1/accounts/{id}/followers", get(followers::followers))
        .route("/api/v1/accounts/{id}/following", get(followers::following))
        .route("/api/v1/accounts/{id}/follow", post(follow::follow))
        .route("/api/v1/accounts/{id}/unfollow", post(follow::unfollow))
        .route("/api/v1/accounts/{id}/remove_from_followers", post(follow::remove_from_followers))
        .route("/api/v1/accounts/{id}/block", post(block::block))
        .route("/api/v1/accounts/{id}/unblock", post(block::unblock))
        .route("/api/v1/accounts/{id}/mute", post(block::mute))
        .route("/api/v1/accounts/{id}/unmute", post(block::unmute))
        .route("/api/v1/accounts/{id}/note", post(note::set))
        .route("/api/v1/accounts/{id}/lists", get(empty::of_account))
        .route("/api/v1/accounts/{id}/featured_tags", get(empty::of_account))
        .route("/api/v1/accounts/{id}/identity_proofs", get(empty::of_account))
        .route("/api/v1/accounts/{id}/endorsements", get(empty::of_account))
}
