//! Who follows somebody who has moved here. Their own servers hold those records, and nobody tells us of old ones: an AppView
//! says who it is (`app.bsky.graph.getFollowers`, asked in the member's name), and their servers prove it.

use crate::{
    keys,
    network::AtProto,
    options::Service,
    pds::service_token,
    remote::{self, Param},
    syntax::Did,
    translate::{
        acts_in,
        place::{FOLLOW, Place},
    },
};
use landbridge_hub::{HubError, Via};
use landbridge_model::{Network, Presence, Time};
use serde_json::Value as Json;

const METHOD: &str = "app.bsky.graph.getFollowers";
const PAGE: &str = "25";
/// Seconds for which a token holds.
const LIFE: i64 = 60;

/// Takes in one page of them. Gives where the next one begins; `None`: that was the last.
pub async fn page(
    at: &AtProto,
    view: &Service,
    presence: &Presence,
    cursor: &str,
) -> Result<Option<String>, HubError> {
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let key = keys::signing_key(&at.hub, presence.actor).await?;
    let token = service_token(&key, &did, view.did.as_str(), Some(METHOD), Time::now().secs() + LIFE)?;
    let mut params = vec![Param("actor", did.as_str()), Param("limit", PAGE)];
    if !cursor.is_empty() {
        params.push(Param("cursor", cursor));
    }
    let answer = remote::json_as(at, &view.url, METHOD, &params, &token).await?;
    let Some(answer) = answer else { return Ok(None) };
    let list = answer.get("followers").and_then(Json::as_array);
    for follower in list.into_iter().flatten() {
        let uri = follower.get("viewer").and_then(|viewer| viewer.get("followedBy")).and_then(Json::as_str);
        let Some(place) = uri.and_then(Place::parse).filter(|place| place.collection == FOLLOW) else {
            continue;
        };
        // One whose server is away is not a reason to leave out the others.
        match one(at, &place).await {
            Err(error @ (HubError::Store(_) | HubError::DiskFull | HubError::Busy)) => return Err(error),
            Err(error) => tracing::debug!(%place, %error, "a follower is not proved"),
            Ok(()) => {}
        }
    }
    let next = answer.get("cursor").and_then(Json::as_str).map(str::to_owned);
    Ok(next.filter(|next| !next.is_empty() && next.len() <= 1000 && next != cursor))
}

/// The record, proved, as one of then: of which nobody is told.
async fn one(at: &AtProto, place: &Place) -> Result<(), HubError> {
    if at.hub.copy(Network::AtProto, &place.to_string()).await?.is_some()
        || at.member_of_did(place.did.as_str()).await?.is_some()
        || at.is_shut_out(&place.did).await?
    {
        return Ok(());
    }
    let Some(found) = at.prove(place).await?.and_then(|proof| proof.found) else { return Ok(()) };
    let now = Time::now();
    if let Some(what) = acts_in::read(&found, None, now) {
        let incoming = acts_in::incoming(&found, what, None, Via::Fetched, now);
        if let Err(refused) = at.hub.receive(incoming).await {
            tracing::debug!(%place, %refused, "a follower is not taken in");
        }
    }
    Ok(())
}
