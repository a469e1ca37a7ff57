//! `GET /api/v1/streaming/user` and the like, as server-sent events: docs/methods/streaming#http

use super::{Channel, allowed, channel::NoChannel, feed::said, grant};
use crate::{door::Door, error::ApiError, params::Params};
use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event as Sent, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream::unfold};
use http::{HeaderMap, StatusCode, Uri};
use landbridge_hub::{Event, EventKind, accounts::Grant};
use landbridge_model::Id;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

pub(super) async fn get(
    State(door): State<Door>,
    headers: HeaderMap,
    uri: Uri,
    name: &'static str,
) -> Result<Response, ApiError> {
    let (token, grant) = grant(&door, &headers, uri.query()).await?;
    let params = Params::query(&uri);
    let channel =
        Channel::named(name, params.text("tag"), params.is("only_media")).map_err(|why| match why {
            NoChannel::Unknown => ApiError::not_found(),
            NoChannel::NoTag => ApiError::new(StatusCode::BAD_REQUEST, "Missing tag name parameter"),
        })?;
    if !allowed(&grant, &channel) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "Access token does not have the required scopes"));
    }
    let Some(member) = grant.member else { return Err(ApiError::unauthorized()) };
    let events = door.hub.bus().listen();
    let stream = stream(Listener { door, token, grant, member, channels: [channel], events });
    let keep = KeepAlive::new().interval(Duration::from_secs(15)).text("thump");
    Ok(Sse::new(stream).keep_alive(keep).into_response())
}

struct Listener {
    door: Door,
    token: String,
    grant: Arc<Grant>,
    member: Id,
    channels: [Channel; 1],
    events: Receiver<Event>,
}

fn stream(listener: Listener) -> impl Stream<Item = Result<Sent, Infallible>> {
    unfold(listener, |mut listener| async move {
        let sent = listener.next().await?;
        Some((Ok(sent), listener))
    })
}

impl Listener {
    /// `None` when the token has ended or the server stops.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            let event = match self.events.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return None,
            };
            if matches!(event.kind, EventKind::Member(id) if id == self.member) {
                self.door.grant_of(self.token.clone()).await.ok()?;
            }
            if let Some(said) = said(&self.door, &self.grant, &self.channels, &event).await {
                return Some(Sent::default().event(said.event).data(said.payload));
            }
        }
    }
}
