//! `app.bsky.notification.{listNotifications,getUnreadCount}`, as the member's gate says: what it would hold or turn away is
//! not among what an AppView tells, nor among what it counts. (What an AppView pushes to an app does not pass here.)

use super::list;
use crate::{
    network::AtProto,
    pds::{
        Access,
        proxy::{self, Question, Target},
    },
    syntax::Nsid,
};
use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use landbridge_hub::{HubError, gate::Scope};
use landbridge_model::{Id, Network};
use serde_json::Value;
use std::collections::HashMap;

/// The list that is looked through for what an AppView has counted, the newest.
const LOOKED_THROUGH: &str = "limit=100";

/// Takes out what does not reach the member; whether anything was.
pub async fn keep_the_gate(at: &AtProto, member: Id, body: &mut Value) -> Result<bool, HubError> {
    let kept = reaching(at, member, body).await?;
    let mut each = kept.iter();
    if let Some(notices) = body.get_mut("notifications").and_then(Value::as_array_mut) {
        notices.retain(|_| each.next().copied().unwrap_or(false));
    }
    Ok(kept.contains(&false))
}

/// Takes from the number of what is unread what does not reach the member, of the newest; whether it was anything. The list is
/// asked for in the member's name, not the app's: the app learns a number only.
pub async fn count_at_the_gate(
    at: &AtProto,
    access: &Access,
    target: &Target,
    body: &mut Value,
) -> Result<bool, HubError> {
    let Some(count) = body.get("count").and_then(Value::as_u64).filter(|count| *count > 0) else {
        return Ok(false);
    };
    let Ok(method) = Nsid::parse("app.bsky.notification.listNotifications") else { return Ok(false) };
    let question = Question {
        method: &method,
        verb: &Method::GET,
        query: Some(LOOKED_THROUGH),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    let Ok(told) = at.ask_as(access.member, &access.did, target, question).await else { return Ok(false) };
    let Ok(told) = proxy::whole(told).await else { return Ok(false) };
    let Some(mut listed) =
        (told.status == StatusCode::OK).then(|| serde_json::from_slice(&told.body).ok()).flatten()
    else {
        return Ok(false);
    };
    let reached = reaching(at, access.member, &mut listed).await?;
    let unread = list(&mut listed, "notifications").map(|notice| notice["isRead"] == false);
    let hidden = unread.zip(&reached).filter(|(unread, reached)| *unread && !**reached).count() as u64;
    body["count"] = count.saturating_sub(hidden).into();
    Ok(hidden > 0)
}

/// Of each notification, whether it reaches the member.
async fn reaching(at: &AtProto, member: Id, body: &mut Value) -> Result<Vec<bool>, HubError> {
    let mut known: HashMap<(String, Scope, bool), bool> = HashMap::new();
    let mut kept = Vec::new();
    for notice in list(body, "notifications") {
        let Some((did, scope, link_or_media)) = approach(notice) else {
            kept.push(false);
            continue;
        };
        let key = (did.to_owned(), scope, link_or_media);
        let reaches = match known.get(&key) {
            Some(reaches) => *reaches,
            None => {
                let reached = at.hub.reaches(Network::AtProto, did, scope, link_or_media, &[member]).await?;
                *known.entry(key).or_insert(reached.contains(&member))
            }
        };
        kept.push(reaches);
    }
    Ok(kept)
}

/// Who did it, and how it comes to the member.
fn approach(notice: &Value) -> Option<(&str, Scope, bool)> {
    let did = notice.get("author")?.get("did")?.as_str()?;
    let scope = match notice.get("reason").and_then(Value::as_str) {
        Some("follow") => Scope::Follow,
        _ => Scope::Public,
    };
    let record = notice.get("record");
    let media = record.and_then(|record| record.get("embed")).is_some();
    let facets = record.and_then(|record| record.get("facets")).and_then(Value::as_array);
    let features =
        facets.into_iter().flatten().filter_map(|facet| facet.get("features")?.as_array()).flatten();
    let mut kinds = features.filter_map(|feature| feature.get("$type")?.as_str());
    Some((did, scope, media || kinds.any(|kind| kind == "app.bsky.richtext.facet#link")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn how_somebody_comes() {
        let did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
        let of = |reason: &str, record: Value| json!({ "author": { "did": did }, "reason": reason, "record": record });
        assert_eq!(approach(&of("follow", json!({}))), Some((did, Scope::Follow, false)));
        assert_eq!(approach(&of("mention", json!({ "facets": 5 }))), Some((did, Scope::Public, false)));
        let link = json!({ "facets": [{ "features": [{ "$type": "app.bsky.richtext.facet#link" }] }] });
        assert_eq!(approach(&of("reply", link)), Some((did, Scope::Public, true)));
        assert_eq!(approach(&of("reply", json!({ "embed": {} }))), Some((did, Scope::Public, true)));
        assert_eq!(approach(&json!({ "author": [] })), None);
    }
}
