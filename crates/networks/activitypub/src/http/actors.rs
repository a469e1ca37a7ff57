//! `GET /users/{name}` and `GET /actor` (ActivityPub, 4.1).

use super::Site;
use super::answer::{No, document, wants_document};
use crate::outbound;
use crate::render;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, Uri};
use landbridge_model::{Acct, Actor, ActorState, Network, PresenceState};

/// A member. Whoever meets somebody here must be able to read their key before anything else is known, so without a
/// signature there is at least a stub with it.
pub(super) async fn member(
    State(site): State<Site>,
    Path(name): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, No> {
    if !wants_document(&headers) {
        return Ok(Redirect::to(&site.urls.page(&name)).into_response());
    }
    let actor = site.member(&name).await?;
    let whole = match site.reader_of(actor.id, &uri, &headers).await {
        Ok(_) => true,
        // Whoever is blocked is not told either.
        Err(No::NotFound) => return Err(No::NotFound),
        // Whose key cannot be had may be asking for ours, to show us theirs.
        Err(_) => !site.ap.options.authorized_fetch,
    };
    let mut shown = outbound::document(&site.hub, &site.urls, &actor).await?;
    if !whole {
        shown = render::actor_stub(shown);
    }
    Ok(document(StatusCode::OK, &shown))
}

/// The server's own actor: never behind a signature, or two strict servers would wait for each other.
pub(super) async fn instance(State(site): State<Site>) -> Result<Response, No> {
    let pem = site.ap.instance_pem(&site.hub).await?;
    Ok(document(StatusCode::OK, &render::instance_actor(&site.hub, &site.urls, &pem)))
}

impl Site {
    /// A member who is on this network: 404 for nobody, 410 for somebody who is gone.
    pub(super) async fn member(&self, name: &str) -> Result<Actor, No> {
        let acct = Acct { username: name.to_owned(), domain: None };
        let actor =
            self.hub.actor_by_acct(&acct).await?.filter(|a| a.username == name).ok_or(No::NotFound)?;
        let presence = self.hub.presence(actor.id, Network::ActivityPub).await?;
        let state = presence.map(|p| p.state);
        match (actor.state, state) {
            (ActorState::Deleted, _) | (_, Some(PresenceState::Gone)) => {
                Err(No::Gone(render::tombstone(&self.urls.actor(name))))
            }
            (_, None) => Err(No::NotFound),
            _ => Ok(actor),
        }
    }
}
