//! `GET /api/landbridge/v1/statuses/:id/deliveries`: where a post of the member went. Needs `read:statuses`; 404 for
//! posts of others. Also answers for a post that is deleted, as long as the record is kept.
//!
//! `copies`: the post's identities, one a network that it is on.
//!
//! | key | |
//! |---|---|
//! | `network` | `activitypub`, `nostr`, ... |
//! | `native_id` | its id there: a URL, an event id |
//! | `url` | a page to open, or null |
//! | `state` | `live`; `unsigned`: waits for the member's own signer; `deleted` |
//!
//! `deliveries`: one for each act and destination, newest first, at most 5000.
//!
//! | key | |
//! |---|---|
//! | `id` | |
//! | `network`, `destination`, `host` | where: an inbox, a relay; the host that it counts for |
//! | `act` | `post`, `edit`, `delete`, `poll result` |
//! | `state` | `waiting`; `delivered`; `refused`: for good; `gone`: there is no such place any more; `unknown`: the answer was lost, and sending again could show it twice; `given up`: not reached for days; `dropped`: called off before it was sent |
//! | `attempts` | tries so far |
//! | `next_at` | when it is tried again, while it waits; else null |
//! | `answer` | what the other side said, at most 300 characters, or null |
//! | `created_at`, `finished_at` | RFC 3339; the second null while it waits |
//! | `confirmed` | of a delivered delete: true when the other side has confirmed that it was told, false when it could only be asked, because nobody can make sure of it there; null of all else |

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use landbridge_hub::{CopyKind, CopyState};
use landbridge_model::Network;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    let deliveries = door.hub.deliveries(me, id).await?;
    let mut copies = door.hub.copies(CopyKind::Post, id).await?;
    copies.retain(|c| c.actor == me);
    if deliveries.is_empty() && copies.is_empty() && door.hub.view(id, Some(me)).await?.post.author != me {
        return Err(ApiError::not_found());
    }
    let copies: Vec<_> = copies
        .iter()
        .map(|c| {
            let state = match c.state {
                CopyState::Live => "live",
                CopyState::Unsigned => "unsigned",
                CopyState::Deleted => "deleted",
            };
            json!({ "network": c.network.key(), "native_id": c.native_id, "url": c.url, "state": state })
        })
        .collect();
    let deliveries: Vec<_> = deliveries
        .iter()
        .map(|d| {
            json!({
                "id": d.id,
                "network": d.network.key(),
                "destination": d.destination,
                "host": d.host,
                "act": d.act,
                "state": d.state,
                "attempts": d.attempts,
                "next_at": (d.state == "waiting").then(|| d.next_at.rfc3339()),
                "answer": d.answer,
                "created_at": d.created_at.rfc3339(),
                "finished_at": d.finished_at.map(|t| t.rfc3339()),
                "confirmed": (d.act == "delete" && d.state == "delivered").then_some(d.network == Network::ActivityPub),
            })
        })
        .collect();
    Ok(Answer::one(&json!({ "copies": copies, "deliveries": deliveries })))
}
