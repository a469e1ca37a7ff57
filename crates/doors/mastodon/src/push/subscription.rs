//! `POST|GET|PUT|DELETE /api/v1/push/subscription`: docs/methods/push, docs/entities/WebPushSubscription

use super::{encrypt, vapid::public_key};
use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::accounts::{Grant, PushFrom, PushPlace, PushWants, Subscription};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What an app may ask to be told of. Some of it never happens here.
const ALERTS: [&str; 16] = [
    "mention",
    "quote",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quoted_update",
    "severed_relationships",
    "moderation_warning",
    "added_to_collection",
    "collection_update",
    "admin.sign_up",
    "admin.report",
];
/// Bytes of an app's key, and of what it shares with us.
const KEY: usize = 65;
const SECRET: usize = 16;

pub(super) async fn create(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let grant = grant(&auth)?;
    let place = place(params.at("subscription"))?;
    let subscription = door.hub.subscribe(&grant, &place, &wants(&params)?).await?;
    shown(&door, &subscription).await
}

pub(super) async fn show(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let grant = grant(&auth)?;
    shown(&door, &door.hub.subscription(grant.id).await?).await
}

pub(super) async fn change(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let grant = grant(&auth)?;
    shown(&door, &door.hub.change_subscription(grant.id, &wants(&params)?).await?).await
}

pub(super) async fn delete(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let grant = grant(&auth)?;
    door.hub.unsubscribe(grant.id).await?;
    Ok(Answer::one(&json!({})))
}

fn grant(auth: &Auth) -> Result<Arc<Grant>, ApiError> {
    auth.member("push")?;
    auth.0.clone().ok_or_else(ApiError::unauthorized)
}

fn place(asked: &Params) -> Result<PushPlace, ApiError> {
    let keys = asked.at("keys");
    let place = PushPlace {
        endpoint: asked.required("endpoint")?.to_owned(),
        key: bytes(keys, "p256dh", KEY)?,
        secret: bytes(keys, "auth", SECRET)?,
        standard: asked.is("standard"),
    };
    // Whatever cannot be encrypted to now never can.
    match encrypt::aes128gcm(&place, b"") {
        Some(_) => Ok(place),
        None => Err(ApiError::invalid("p256dh is not a key of the curve P-256")),
    }
}

/// Base64 of either kind, with or without padding.
fn bytes(keys: &Params, name: &str, length: usize) -> Result<Vec<u8>, ApiError> {
    let text = keys.required(name)?.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let read = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == length);
    read.ok_or_else(|| ApiError::invalid(format!("{name} must be {length} bytes in base64")))
}

/// The policy stands within `data`; the documentation of the change has it beside it.
fn wants(params: &Params) -> Result<PushWants, ApiError> {
    let data = params.at("data");
    let alerts = data.at("alerts");
    let from = match data.filled("policy").or_else(|| params.filled("policy")) {
        None => PushFrom::All,
        Some(word) => PushFrom::from_key(word)
            .ok_or_else(|| ApiError::invalid("policy must be all, followed, follower or none"))?,
    };
    let alerts = ALERTS.into_iter().filter(|kind| alerts.is(kind)).map(str::to_owned).collect();
    Ok(PushWants { alerts, from })
}

async fn shown(door: &Door, subscription: &Subscription) -> Result<Answer, ApiError> {
    let wants = &subscription.wants;
    let alert = |kind: &str| (kind.to_owned(), Value::Bool(wants.alerts.iter().any(|a| a == kind)));
    Ok(Answer::one(&json!({
        // A number: there are apps that read nothing else.
        "id": subscription.id.0,
        "endpoint": subscription.place.endpoint,
        "standard": subscription.place.standard,
        "alerts": ALERTS.into_iter().map(alert).collect::<Map<String, Value>>(),
        "policy": wants.from.key(),
        "server_key": public_key(&door.hub).await?,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_either_alphabet() {
        let mut keys = Params::default();
        keys.put("auth", Params::Text("__79-_79__79-_79-_79_w==".into()));
        let read = bytes(&keys, "auth", SECRET).unwrap();
        keys.put("auth", Params::Text("//79+/79//79+/79+/79/w".into()));
        assert_eq!(bytes(&keys, "auth", SECRET).unwrap(), read);
        for wrong in ["", "AAAA", "__79-_79__79-_79-_79_w__", "not base64!"] {
            keys.put("auth", Params::Text(wrong.into()));
            assert!(bytes(&keys, "auth", SECRET).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_asked_for_is_not_wanted() {
        let asked = json!({ "data": { "policy": "follower",
            "alerts": { "mention": true, "poll": "0", "admin.sign_up": "1", "nonsense": true } } });
        let wants = wants(&Params::from(asked)).unwrap();
        assert_eq!(wants.alerts, ["mention", "admin.sign_up"]);
        assert_eq!(wants.from, PushFrom::Follower);
        assert_eq!(super::wants(&Params::default()).unwrap(), PushWants::default());
        assert!(super::wants(&Params::from(json!({ "policy": "friends" }))).is_err());
    }
}
