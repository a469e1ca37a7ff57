//! `/api/landbridge/v1/contacts`: first contacts, on every network and of every kind.
//!
//! `GET /api/landbridge/v1/contacts`: who waits for an answer, newest first, in pages. Parameters: `scope[]` (`public`,
//! `follow`, `private`; default: all), `state` (`request`; also `granted`, `declined`, `revoked`, `cancelled`). Needs
//! `read:notifications`.
//!
//! | key | |
//! |---|---|
//! | `id` | |
//! | `account` | docs/entities/Account |
//! | `scope`, `state` | as above |
//! | `reason` | why the member is asked: `not_followed`, `not_follower`, `new`, `private`, `limited`, `link_or_media`, `locked`, `vacation`, `revoked` |
//! | `network` | that it came by: `activitypub`, ...; null: from here |
//! | `seen_since` | since when this server knows the account, whatever it says of itself |
//! | `asked_at`, `changed_at` | RFC 3339 |
//! | `items` | how much waits; the first twenty are held |
//! | `first` | null, or `{kind, text, warning, files, at}`: the first of them, as plain text; `files`: how many are not shown |
//!
//! `POST /api/landbridge/v1/contacts/:id/{accept,decline,block,report,undo}` needs `write:notifications` (`write:blocks`,
//! `write:reports`). `report` takes `comment`, `category`, `forward` as `POST /api/v1/reports` does. `undo` takes back the
//! newest decision about that contact.
//!
//! `GET /api/landbridge/v1/contacts/log`: every decision, newest first, in pages: `{id, account, scope, decision, reason,
//! at, undone_at, can_undo}`; `scope` is null for somebody as a whole. `POST .../log/:id/undo` takes one back.
//!
//! `GET`, `PUT /api/landbridge/v1/contacts/rules`: `not_followed`, `not_follower`, `new`, `private`, `limited`,
//! `link_or_media` (`accept`, `hold`, `drop`), `follows` (`accept`, `hold`), `new_days`, `vacation`; `young` is read only.
//! What is not given stays.

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{Account, Show},
    error::ApiError,
    page::{Answer, ends, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_hub::{
    gate::{Outcome, Scope, State as Contacted},
    publish::NewReport,
};
use landbridge_model::Id;
use serde_json::{Value, json};

pub(super) async fn list(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let params = Params::query(&uri);
    let asked: Vec<Scope> = params.texts("scope").iter().filter_map(|word| Scope::from_key(word)).collect();
    let scopes = if asked.is_empty() { Scope::ALL.to_vec() } else { asked };
    let state = params.filled("state").map_or(Some(Contacted::Request), Contacted::from_key);
    let state = state.ok_or_else(|| ApiError::invalid("state is not included in the list"))?;
    let found = door.hub.contacts_in(me, state, &scopes, page(&params, 40)).await?;
    let show = Show::people(&door, Some(me), found.iter().map(|contact| &contact.stranger)).await?;
    let shown: Vec<Value> = found
        .iter()
        .map(|contact| {
            json!({
                "id": contact.id,
                "account": Account::new(&show, &contact.stranger),
                "scope": contact.scope.key(),
                "state": contact.state.key(),
                "reason": contact.reason.key(),
                "network": contact.network.map(|network| network.key()),
                "seen_since": contact.stranger.id.time().rfc3339(),
                "asked_at": contact.asked_at.rfc3339(),
                "changed_at": contact.changed_at.rfc3339(),
                "items": contact.items,
                "first": contact.first.as_ref().map(|first| json!({
                    "kind": first.kind,
                    "text": first.text,
                    "warning": first.warning,
                    "files": first.files,
                    "at": first.at.rfc3339(),
                })),
            })
        })
        .collect();
    Ok(Answer::list(door.hub.config(), &uri, &shown, ends(&found, |contact| contact.id)))
}

pub(super) async fn accept(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.accept_contact(auth.member("write:notifications")?, id).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn decline(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.decline_contact(auth.member("write:notifications")?, id).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn block(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.block_contact(auth.member("write:blocks")?, id).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn report(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:reports")?;
    let contact = door.hub.contact_by_id(me, id).await?;
    let category = params.filled("category").filter(|word| matches!(*word, "spam" | "legal" | "violation"));
    let (category, comment) = (category.unwrap_or("other"), params.text("comment").unwrap_or_default());
    let new = NewReport {
        target: contact.stranger.id,
        comment,
        category,
        forward: params.is("forward"),
        in_public: params.is("landbridge_public"),
        ..NewReport::default()
    };
    door.hub.report(me, new).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn undo(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.undo_contact(auth.member("write:notifications")?, id).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn log(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:notifications")?;
    let found = door.hub.contact_log(me, page(&Params::query(&uri), 40)).await?;
    let show = Show::people(&door, Some(me), found.iter().map(|line| &line.stranger)).await?;
    let shown: Vec<Value> = found
        .iter()
        .map(|line| {
            json!({
                "id": line.id,
                "account": Account::new(&show, &line.stranger),
                "scope": line.scope.map(Scope::key),
                "decision": line.verdict.key(),
                "reason": line.reason.key(),
                "at": line.at.rfc3339(),
                "undone_at": line.undone_at.map(|at| at.rfc3339()),
                "can_undo": line.undone_at.is_none() && line.verdict.can_be_undone(),
            })
        })
        .collect();
    Ok(Answer::list(door.hub.config(), &uri, &shown, ends(&found, |line| line.id)))
}

pub(super) async fn undo_line(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.undo_decision(auth.member("write:notifications")?, id).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn rules(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    shown(&door, auth.member("read:notifications")?).await
}

pub(super) async fn set_rules(
    State(door): State<Door>,
    auth: Auth,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:notifications")?;
    let (mut rules, _) = door.hub.contact_rules(me).await?;
    let outcomes = [
        ("not_followed", &mut rules.not_followed),
        ("not_follower", &mut rules.not_follower),
        ("new", &mut rules.new),
        ("private", &mut rules.private),
        ("limited", &mut rules.limited),
        ("link_or_media", &mut rules.link_or_media),
        ("follows", &mut rules.follows),
    ];
    for (name, outcome) in outcomes {
        if let Some(word) = params.filled(name) {
            let wrong = || ApiError::invalid(format!("{name} is not included in the list"));
            *outcome = Outcome::from_key(word).ok_or_else(wrong)?;
        }
    }
    rules.new_days = params.number("new_days").unwrap_or(rules.new_days);
    rules.vacation = params.flag("vacation").unwrap_or(rules.vacation);
    door.hub.set_contact_rules(me, rules).await?;
    shown(&door, me).await
}

async fn shown(door: &Door, me: Id) -> Result<Answer, ApiError> {
    let (rules, young) = door.hub.contact_rules(me).await?;
    let mut shown = serde_json::to_value(rules).unwrap_or_default();
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("young".into(), young.into());
    }
    Ok(Answer::one(&shown))
}
