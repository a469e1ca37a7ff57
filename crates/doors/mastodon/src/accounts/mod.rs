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

use crate::{Both, door::Door};
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use verify_credentials::credential_account;

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/accounts", get(get::many).post(signup::create))
        .both("/api/v1/accounts/verify_credentials", get(verify_credentials::get))
        .both("/api/v1/accounts/lookup", get(get::lookup))
        .both("/api/v1/accounts/search", get(search::get))
        .both("/api/v1/accounts/relationships", get(relationships::get))
        .both("/api/v1/accounts/familiar_followers", get(relationships::familiar_followers))
        .both("/api/v1/accounts/{id}", get(get::one))
        .both("/api/v1/accounts/{id}/statuses", get(statuses::get))
        .both("/api/v1/accounts/{id}/followers", get(followers::followers))
        .both("/api/v1/accounts/{id}/following", get(followers::following))
        .both("/api/v1/accounts/{id}/follow", post(follow::follow))
        .both("/api/v1/accounts/{id}/unfollow", post(follow::unfollow))
        .both("/api/v1/accounts/{id}/remove_from_followers", post(follow::remove_from_followers))
        .both("/api/v1/accounts/{id}/block", post(block::block))
        .both("/api/v1/accounts/{id}/unblock", post(block::unblock))
        .both("/api/v1/accounts/{id}/mute", post(block::mute))
        .both("/api/v1/accounts/{id}/unmute", post(block::unmute))
        .both("/api/v1/accounts/{id}/note", post(note::set))
        .both("/api/v1/accounts/{id}/lists", get(empty::of_account))
        .both("/api/v1/accounts/{id}/featured_tags", get(empty::of_account))
        .both("/api/v1/accounts/{id}/identity_proofs", get(empty::of_account))
        .both("/api/v1/accounts/{id}/endorsements", get(empty::of_account))
}
