//! `app.bsky.actor.{getPreferences,putPreferences}`: kept here, and told to nobody.

use super::{Access, XrpcError, XrpcResult, access::Account, input::Input};
use crate::{
    network::AtProto,
    syntax::{Datetime, Did},
};
use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use landbridge_hub::{ChosenLabel, HubError, LabelChoice};
use landbridge_model::{Network, Time};
use landbridge_store::entities::atproto_repos;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use time::{Date, OffsetDateTime};

/// What only the member's own sign-in may see and change: when they were born.
const PRIVATE: &str = "app.bsky.actor.defs#personalDetailsPref";
/// What every app is told instead. It follows from the other, and nobody sets it.
const AGE: &str = "app.bsky.actor.defs#declaredAgePref";
const LABELERS: &str = "app.bsky.actor.defs#labelersPref";
const LABEL: &str = "app.bsky.actor.defs#contentLabelPref";
/// Longest value of a label, in bytes (`com.atproto.label.defs#label`).
const LONGEST: usize = 128;
/// What some labels were called before.
const FORMERLY: [(&str, &str); 3] = [("nsfw", "porn"), ("gore", "graphic-media"), ("suggestive", "sexual")];
const NAMESPACE: &str = "app.bsky.";

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/xrpc/app.bsky.actor.getPreferences", get(get_all))
        .route("/xrpc/app.bsky.actor.putPreferences", post(put_all))
}

async fn get_all(State(at): State<Arc<AtProto>>, access: Access) -> XrpcResult<Json<Value>> {
    may(&at, &access, "app.bsky.actor.getPreferences")?;
    let mut preferences = at.preferences(&access).await?;
    preferences.retain(|one| !is(one, AGE));
    preferences.extend(declared_age(&preferences, Time::now()));
    if access.may_manage(Account::PrivatePreferences).is_err() {
        preferences.retain(|one| !is(one, PRIVATE));
    }
    Ok(Json(json!({ "preferences": preferences })))
}

#[derive(Deserialize)]
struct Wanted {
    preferences: Vec<Value>,
}

async fn put_all(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Input(wanted): Input<Wanted>,
) -> XrpcResult<()> {
    may(&at, &access, "app.bsky.actor.putPreferences")?;
    let mut preferences = wanted.preferences;
    for one in &preferences {
        let kind = one.get("$type").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| XrpcError::invalid("a preference is missing a $type"))?;
        if !kind.starts_with(NAMESPACE) {
            return Err(XrpcError::invalid("Some preferences are not in the app.bsky namespace"));
        }
    }
    preferences.retain(|one| !is(one, AGE));
    if access.may_manage(Account::PrivatePreferences).is_err() {
        if preferences.iter().any(|one| is(one, PRIVATE)) {
            return Err(XrpcError::invalid(format!(
                "Do not have authorization to set preferences: {PRIVATE}"
            )));
        }
        preferences.extend(at.preferences(&access).await?.into_iter().filter(|one| is(one, PRIVATE)));
    }
    let (labelers, choices) = (labelers(&preferences), choices(&preferences));
    let text = Value::Array(preferences).to_string();
    let put = atproto_repos::put_preferences(access.member, &text);
    at.hub.store().write(put).await.map_err(HubError::from)?;
    at.hub.listen_to_labelers(Some(access.member), Network::AtProto, &labelers).await?;
    at.hub.choose_labels(access.member, Network::AtProto, &choices).await?;
    at.labelers.notify_one();
    access.used(&at, "changed preferences");
    Ok(())
}

fn may(at: &AtProto, access: &Access, method: &str) -> XrpcResult<()> {
    let service = at.usual_service(method).map(|(service, name)| format!("{}#{name}", service.did));
    match access.may_call(method, service.as_deref().unwrap_or_default()) {
        // Whoever has to leave may take this along.
        Err(_) if access.status == "takendown" && method.ends_with("getPreferences") => Ok(()),
        other => other,
    }
}

/// The labelers that a member listens to.
fn labelers(preferences: &[Value]) -> Vec<String> {
    let of = |preference: &Value| {
        let kind = preference.get("$type").and_then(Value::as_str);
        kind.filter(|kind| *kind == LABELERS)?;
        preference.get("labelers")?.as_array().cloned()
    };
    let all = preferences.iter().filter_map(of).flatten();
    let dids = all.filter_map(|labeler| Did::parse(labeler.get("did")?.as_str()?).ok());
    let mut dids: Vec<String> = dids.map(|did| did.to_string()).collect();
    dids.sort_unstable();
    dids.dedup();
    dids
}

/// What a member wants of which labels. Those of moderators, which begin with `!`, are nobody's choice.
fn choices(preferences: &[Value]) -> Vec<ChosenLabel> {
    let of = |preference: &Value| {
        let text = |field: &str| preference.get(field).and_then(Value::as_str);
        let label = text("label").filter(|_| text("$type") == Some(LABEL))?;
        if label.is_empty() || label.len() > LONGEST || label.starts_with('!') || label.contains('\0') {
            return None;
        }
        let source = match text("labelerDid") {
            Some(did) => Some(Did::parse(did).ok()?.to_string()),
            None => None,
        };
        let choice = match text("visibility")? {
            "ignore" | "show" => LabelChoice::Ignore,
            "warn" => LabelChoice::Warn,
            "hide" => LabelChoice::Hide,
            _ => return None,
        };
        let value = FORMERLY.iter().find(|(old, _)| *old == label).map_or(label, |(_, new)| new).to_owned();
        Some(ChosenLabel { source, value, choice })
    };
    preferences.iter().filter_map(of).collect()
}

fn is(preference: &Value, kind: &str) -> bool {
    preference.get("$type").and_then(Value::as_str) == Some(kind)
}

/// What follows from the date of birth, if the member has said one.
fn declared_age(preferences: &[Value], now: Time) -> Option<Value> {
    let private = preferences.iter().find(|one| is(one, PRIVATE))?;
    let born = Datetime::parse(private.get("birthDate")?.as_str()?).ok()?;
    let age = age(day(born.time())?, day(now)?);
    Some(json!({
        "$type": AGE,
        "isOverAge13": age >= 13,
        "isOverAge16": age >= 16,
        "isOverAge18": age >= 18,
    }))
}

fn day(time: Time) -> Option<Date> {
    OffsetDateTime::from_unix_timestamp(time.secs()).ok().map(OffsetDateTime::date)
}

/// In whole years.
fn age(born: Date, today: Date) -> i32 {
    let in_year = |date: Date| (u8::from(date.month()), date.day());
    today.year() - born.year() - i32::from(in_year(today) < in_year(born))
}

impl AtProto {
    async fn preferences(&self, access: &Access) -> Result<Vec<Value>, HubError> {
        let Some(mut row) = self.hub.store().row(atproto_repos::preferences(access.member)).await? else {
            return Ok(Vec::new());
        };
        let text: String = row.get(0)?;
        serde_json::from_str(&text).map_err(|_| HubError::Damaged("a member's preferences"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_follows_from_the_date_of_birth() {
        let on = |today: &str, born: Value| {
            let all = [json!({ "$type": LABELERS }), json!({ "$type": PRIVATE, "birthDate": born })];
            let age = declared_age(&all, Datetime::parse(&format!("{today}T12:00:00Z")).unwrap().time())?;
            Some(["isOverAge13", "isOverAge16", "isOverAge18"].map(|field| age[field] == true))
        };
        let born = || json!("2008-02-29T00:00:00.000Z");
        assert_eq!(on("2021-02-28", born()), Some([false; 3]));
        assert_eq!(on("2021-03-01", born()), Some([true, false, false]));
        assert_eq!(on("2024-02-29", born()), Some([true, true, false]));
        assert_eq!(on("2026-02-28", born()), Some([true, true, false]));
        assert_eq!(on("2026-03-01", born()), Some([true; 3]));
        for unsaid in [json!(null), json!(2008), json!("some day")] {
            assert_eq!(on("2026-03-01", unsaid), None);
        }
        assert_eq!(declared_age(&[], Time::default()), None);
    }

    #[test]
    fn choices_of_labels_are_read_tolerantly() {
        let preference = |label: &str, visibility: &str| json!({ "$type": LABEL, "label": label, "visibility": visibility });
        let mut of_one = preference("sexual", "warn");
        of_one["labelerDid"] = json!("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
        let mut of_nobody = of_one.clone();
        of_nobody["labelerDid"] = json!("nobody");
        let all = [
            preference("nsfw", "show"),
            of_one,
            of_nobody,
            preference("!hide", "ignore"),
            preference("", "hide"),
            preference("spider", "sometimes"),
            json!({ "$type": LABEL, "label": 7 }),
            json!({ "$type": LABELERS, "labelers": [] }),
            preference("spider", "hide"),
        ];
        let chosen = |source: Option<&str>, value: &str, choice| ChosenLabel {
            source: source.map(str::to_owned),
            value: value.into(),
            choice,
        };
        assert_eq!(
            choices(&all),
            [
                chosen(None, "porn", LabelChoice::Ignore),
                chosen(Some("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), "sexual", LabelChoice::Warn),
                chosen(None, "spider", LabelChoice::Hide),
            ]
        );
    }
}
