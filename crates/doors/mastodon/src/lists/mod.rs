//! A member's own lists: of people (blocks, mutes, requests), of posts (bookmarks, favourites), of hosts; and those that
//! are empty here.

mod domain_blocks;
mod empty;
mod follow_requests;
mod people;
mod posts;

use crate::{Both, door::Door};
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) fn routes() -> Router<Door> {
    let router = Router::new()
        .both("/api/v1/blocks", get(people::blocks))
        .both("/api/v1/mutes", get(people::mutes))
        .both("/api/v1/bookmarks", get(posts::bookmarks))
        .both("/api/v1/favourites", get(posts::favourites))
        .both(
            "/api/v1/domain_blocks",
            get(domain_blocks::get).post(domain_blocks::post).delete(domain_blocks::delete),
        )
        .both("/api/v1/follow_requests", get(follow_requests::get))
        .both("/api/v1/follow_requests/{id}/authorize", post(follow_requests::authorize))
        .both("/api/v1/follow_requests/{id}/reject", post(follow_requests::reject));
    empty::routes(router)
}
