//! `GET /api/landbridge/v1/grants`, `DELETE /api/landbridge/v1/grants/:id`: every access to the member's account.
//! `GET /api/landbridge/v1/grants/:id/uses`: what it was used for, by the hour.

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let me = auth.member("read:accounts")?;
    let current = auth.0.as_ref().map(|grant| grant.id);
    let grants = door.hub.grants(me).await?;
    let shown: Vec<_> = grants
        .iter()
        .map(|g| {
            json!({
                "id": g.id,
                "name": g.name,
                "purpose": g.purpose,
                "scopes": g.scopes.split_whitespace().collect::<Vec<_>>(),
                "created_at": g.created_at.rfc3339(),
                "last_used_at": g.last_used_at.map(|t| t.rfc3339()),
                "expires_at": g.expires_at.map(|t| t.rfc3339()),
                "current": Some(g.id) == current,
            })
        })
        .collect();
    Ok(Answer::one(&shown))
}

pub(super) async fn uses(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:accounts")?;
    let uses = door.hub.grant_uses(me, id).await?;
    let shown: Vec<_> = uses
        .iter()
        .map(|u| {
            json!({
                "hour": u.hour.rfc3339(),
                "what": u.what,
                "uses": u.uses,
                "last_at": u.last_at.rfc3339(),
            })
        })
        .collect();
    Ok(Answer::one(&shown))
}

pub(super) async fn revoke(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:accounts")?;
    door.hub.revoke(me, id).await?;
    Ok(Answer::one(&json!({})))
}
