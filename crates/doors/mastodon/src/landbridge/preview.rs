//! `POST /api/landbridge/v1/preview`: what each network would show of a post, before it is sent. Takes the parameters of
//! `POST /api/v1/statuses`, sends and stores nothing. Needs `write:statuses`.
//!
//! Answers a list, one for each network that the member is on:
//!
//! | key | |
//! |---|---|
//! | `network`, `label` | `nostr`, `Nostr` |
//! | `reaches` | whether the post goes there at all |
//! | `why_not` | in words, when it does not; else null |
//! | `notes` | in words, what the network cannot carry and what it shows instead; empty: all of it |

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params, statuses};
use axum::extract::State;
use serde_json::json;

pub(super) async fn post(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let previews = door.hub.preview(&statuses::new(&door, me, &params).await?).await?;
    let shown: Vec<_> = previews
        .iter()
        .map(|p| json!({ "network": p.network.key(), "label": p.network.label(), "reaches": p.reaches.is_ok(), "why_not": p.reaches.err(), "notes": p.notes }))
        .collect();
    Ok(Answer::one(&shown))
}
