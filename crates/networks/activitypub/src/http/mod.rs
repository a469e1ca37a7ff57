//! What this network is answered, one file a family of URLs:
//!
//! | URL | file |
//! |---|---|
//! | `/.well-known/webfinger`, `/.well-known/host-meta` | `discovery.rs` |
//! | `/.well-known/nodeinfo`, `/nodeinfo/{version}` | `nodeinfo.rs` |
//! | `/actor`, `/users/{name}` | `actors.rs` |
//! | `/inbox`, `/users/{name}/inbox`, `/actor/inbox` | `inbox.rs` |
//! | `/users/{name}/outbox`, `followers`, `following`, `featured` | `collections.rs` |
//! | `/users/{name}/statuses/{id}` and below, `/contexts/{id}` | `posts.rs` |
//! | `/users/{name}/likes/{id}` and other acts | `acts.rs` |

mod actors;
mod acts;
mod answer;
mod collections;
mod discovery;
mod inbox;
mod nodeinfo;
mod posts;
mod reader;

pub use answer::redirect_documents;

use crate::ActivityPub;
use crate::urls::Urls;
use axum::Router;
use axum::routing::{get, post};
use landbridge_hub::Hub;
use std::sync::Arc;

/// What every handler has.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) ap: Arc<ActivityPub>,
    pub(crate) hub: Hub,
    pub(crate) urls: Urls,
}

/// All routes of the network. Pages for browsers are not among them: see [`redirect_documents`].
pub fn router(ap: Arc<ActivityPub>, hub: Hub) -> Router {
    let urls = Urls::new(&hub);
    Router::new()
        .route("/.well-known/webfinger", get(discovery::webfinger))
        .route("/.well-known/host-meta", get(discovery::host_meta))
        .route("/.well-known/nodeinfo", get(nodeinfo::well_known))
        .route("/nodeinfo/{version}", get(nodeinfo::document))
        .route("/actor", get(actors::instance))
        .route("/actor/inbox", post(inbox::deliver))
        .route("/actor/outbox", get(collections::instance_outbox))
        .route("/inbox", post(inbox::deliver))
        .route("/users/{name}", get(actors::member))
        .route("/users/{name}/inbox", post(inbox::deliver))
        .route("/users/{name}/outbox", get(collections::outbox))
        .route("/users/{name}/followers", get(collections::followers))
        .route("/users/{name}/followers_synchronization", get(collections::followers_there))
        .route("/users/{name}/following", get(collections::following))
        .route("/users/{name}/featured", get(collections::featured))
        .route("/users/{name}/statuses/{id}", get(posts::object))
        .route("/users/{name}/statuses/{id}/activity", get(posts::activity))
        .route("/users/{name}/statuses/{id}/replies", get(posts::replies))
        .route("/users/{name}/statuses/{id}/likes", get(posts::likes))
        .route("/users/{name}/statuses/{id}/shares", get(posts::shares))
        .route("/contexts/{id}", get(posts::context))
        .route("/users/{name}/{kind}/{id}", get(acts::act))
        .with_state(Site { ap, hub, urls })
}
