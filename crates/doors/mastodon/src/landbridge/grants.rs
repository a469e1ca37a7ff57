//! `GET /api/landbridge/v1/grants`: every access to the member's account that is open: apps, browsers, Nostr apps that
//! sign through this server. Needs `read:accounts`.
//!
//! | key | |
//! |---|---|
//! | `id` | |
//! | `name` | of the app, as it calls itself |
//! | `purpose` | `mastodon`, `web` (a browser's session), `nostr-signer` |
//! | `scopes` | a list |
//! | `created_at`, `last_used_at`, `expires_at` | RFC 3339; the last use to within ten minutes, null when never used; null when it does not expire |
//! | `current` | it is the one that asks |
//!
//! `GET /api/landbridge/v1/grants/:id`: one of them, also when it has ended, with its `uses`, newest first:
//! `[{hour, what, uses, last_at}]`, one entry an hour and purpose; `what` is a scope, or what was done. Needs
//! `read:accounts`.
//!
//! `DELETE /api/landbridge/v1/grants/:id`: ends it at once; its open streams close. Needs `write:accounts`. 404 when it
//! is not the member's or has ended already.

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use landbridge_hub::accounts::Grant;
use landbridge_model::Id;
use serde_json::{Value, json};

pub(super) async fn get(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let me = auth.member("read:accounts")?;
    let grants = door.hub.grants(me).await?;
    let shown: Vec<_> = grants.iter().map(|grant| show(grant, &auth)).collect();
    Ok(Answer::one(&shown))
}

pub(super) async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:accounts")?;
    let (grant, uses) = door.hub.grant_with_uses(me, id).await?;
    let mut shown = show(&grant, &auth);
    let uses = uses.iter().map(|u| {
        json!({
            "hour": u.hour.rfc3339(), "what": u.what, "uses": u.uses, "last_at": u.last_at.rfc3339(),
        })
    });
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("uses".into(), uses.collect());
    }
    Ok(Answer::one(&shown))
}

pub(super) async fn revoke(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:accounts")?;
    door.hub.revoke(me, id).await?;
    door.hub.used(id, "ended by the member");
    Ok(Answer::one(&json!({})))
}

fn show(grant: &Grant, auth: &Auth) -> Value {
    let current: Option<Id> = auth.0.as_ref().map(|grant| grant.id);
    json!({
        "id": grant.id,
        "name": grant.name,
        "purpose": grant.purpose,
        "scopes": grant.scopes.split_whitespace().collect::<Vec<_>>(),
        "created_at": grant.created_at.rfc3339(),
        "last_used_at": grant.last_used_at.map(|t| t.rfc3339()),
        "expires_at": grant.expires_at.map(|t| t.rfc3339()),
        "current": Some(grant.id) == current,
    })
}
