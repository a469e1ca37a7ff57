//! `GET|PATCH /api/v1/notifications/policy`, `/api/v2/notifications/policy`: docs/methods/notifications#get-policy
//!
//! The member's own rules for first contacts, as far as this form knows them. `filter` is "ask me first".

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use landbridge_hub::gate::{HELD, Outcome, Rules};
use landbridge_model::Id;
use serde_json::{Value, json};

/// Names in both versions, without what stands before them.
const NAMES: [&str; 5] =
    ["not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts"];

pub(super) async fn v1(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    shown(&door, auth.member("read:notifications")?, false).await
}

pub(super) async fn v2(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    shown(&door, auth.member("read:notifications")?, true).await
}

pub(super) async fn set_v1(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:notifications")?;
    let (mut rules, _) = door.hub.contact_rules(me).await?;
    for name in NAMES {
        let outcome = rule(&mut rules, name);
        *outcome = match params.flag(&format!("filter_{name}")) {
            Some(true) => (*outcome).max(Outcome::Hold),
            Some(false) => Outcome::Accept,
            None => continue,
        };
    }
    door.hub.set_contact_rules(me, rules).await?;
    shown(&door, me, false).await
}

pub(super) async fn set_v2(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:notifications")?;
    let (mut rules, _) = door.hub.contact_rules(me).await?;
    for name in NAMES {
        *rule(&mut rules, name) = match params.filled(&format!("for_{name}")) {
            None => continue,
            Some("accept") => Outcome::Accept,
            Some("filter") => Outcome::Hold,
            Some("drop") => Outcome::Drop,
            Some(_) => {
                return Err(ApiError::invalid(format!("for_{name} is not included in the list")));
            }
        };
    }
    door.hub.set_contact_rules(me, rules).await?;
    shown(&door, me, true).await
}

async fn shown(door: &Door, me: Id, words: bool) -> Result<Answer, ApiError> {
    let (mut rules, _) = door.hub.contact_rules(me).await?;
    let waiting = door.hub.contacts_waiting(me, &HELD).await?;
    let mut policy = serde_json::Map::new();
    for name in NAMES {
        let outcome = *rule(&mut rules, name);
        match words {
            true => policy.insert(format!("for_{name}"), word(outcome).into()),
            false => policy.insert(format!("filter_{name}"), (outcome != Outcome::Accept).into()),
        };
    }
    let summary: Value = json!({
        "pending_requests_count": waiting.requests,
        "pending_notifications_count": waiting.items,
    });
    policy.insert("summary".into(), summary);
    Ok(Answer::one(&policy))
}

fn rule<'a>(rules: &'a mut Rules, name: &str) -> &'a mut Outcome {
    match name {
        "not_following" => &mut rules.not_followed,
        "not_followers" => &mut rules.not_follower,
        "new_accounts" => &mut rules.new,
        "private_mentions" => &mut rules.private,
        _ => &mut rules.limited,
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accept => "accept",
        Outcome::Hold => "filter",
        Outcome::Drop => "drop",
    }
}
