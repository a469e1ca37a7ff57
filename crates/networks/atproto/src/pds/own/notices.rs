//! `app.bsky.notification.listNotifications`, as the member's gate says: what it would hold or turn away is not among what
//! an AppView tells either. (How many there are, `getUnreadCount`, stays the AppView's own number; and what it pushes to an
//! app does not pass here.)

use super::list;
use crate::network::AtProto;
use landbridge_hub::{HubError, gate::Scope};
use landbridge_model::{Id, Network};
use serde_json::Value;
use std::collections::HashMap;

/// Takes out what does not reach the member; whether anything was.
pub async fn keep_the_gate(at: &AtProto, member: Id, body: &mut Value) -> Result<bool, HubError> {
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
    let mut each = kept.iter();
    if let Some(notices) = body.get_mut("notifications").and_then(Value::as_array_mut) {
        notices.retain(|_| each.next().copied().unwrap_or(false));
    }
    Ok(kept.contains(&false))
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
