//! Permission sets (<https://atproto.com/guides/permission-sets>): published lexicons that name what an app needs, so that people
//! are asked one thing. `include:NSID` stands for what the set holds when it is granted, within the set's own namespace.

use super::{
    OAuthError, OAuthResult,
    scopes::{Scope, Scopes, encoded},
};
use crate::{
    network::AtProto,
    syntax::{Did, Nsid},
};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};

/// How long a set is used without looking for a newer one.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Longest record of a set, in bytes; and most permissions of one.
const LONGEST: usize = 256 << 10;
const MOST: usize = 200;

/// A set as it was published.
#[derive(Clone, Debug)]
pub struct PermissionSet {
    pub title: Option<String>,
    pub detail: Option<String>,
    permissions: Vec<Permission>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    resource: String,
    #[serde(default)]
    collection: Vec<String>,
    #[serde(default)]
    action: Vec<String>,
    #[serde(default)]
    lxm: Vec<String>,
    aud: Option<String>,
    #[serde(default)]
    inherit_aud: bool,
}

/// The set of a `com.atproto.lexicon.schema` record.
fn read(record: &Json, name: &Nsid) -> Option<PermissionSet> {
    if record.get("id").and_then(Json::as_str) != Some(name.as_str()) {
        return None;
    }
    let main = record.get("defs")?.get("main")?;
    if main.get("type").and_then(Json::as_str) != Some("permission-set") {
        return None;
    }
    let text = |field| {
        let text = main.get(field).and_then(Json::as_str)?.trim();
        (!text.is_empty()).then(|| text.chars().take(400).collect::<String>())
    };
    // What is not understood grants nothing.
    let permissions = main.get("permissions")?.as_array()?.iter().take(MOST);
    let permissions = permissions.filter_map(|one| serde_json::from_value(one.clone()).ok()).collect();
    Some(PermissionSet { title: text("title"), detail: text("detail"), permissions })
}

impl PermissionSet {
    /// What it holds, as scopes: records and methods of its own namespace, and nothing else.
    pub fn scopes(&self, name: &Nsid, service: Option<&str>) -> Vec<String> {
        let group = name.as_str().rsplit_once('.').map_or("", |(group, _)| group);
        let own = |nsid: &String| {
            Nsid::parse(nsid)
                .is_ok_and(|nsid| nsid.as_str().strip_prefix(group).is_some_and(|rest| rest.starts_with('.')))
        };
        let scope = |permission: &Permission| {
            let mut query = Vec::new();
            match permission.resource.as_str() {
                "repo" if permission.collection.iter().all(own) => {
                    query.extend(permission.collection.iter().map(|one| ("collection", one.as_str())));
                    query.extend(permission.action.iter().map(|one| ("action", one.as_str())));
                }
                "rpc" if permission.lxm.iter().all(own) => {
                    query.extend(permission.lxm.iter().map(|one| ("lxm", one.as_str())));
                    query.push((
                        "aud",
                        match (permission.aud.as_deref(), permission.inherit_aud) {
                            (Some("*"), _) => "*",
                            (None, true) => service?,
                            _ => return None,
                        },
                    ));
                }
                _ => return None,
            }
            let query: Vec<String> =
                query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let text = format!("{}?{}", permission.resource, query.join("&"));
            Scope::read(&text).map(|_| text)
        };
        self.permissions.iter().filter_map(scope).collect()
    }
}

impl AtProto {
    /// What the permission sets among scopes hold, as scopes.
    pub(crate) async fn included(&self, scopes: &Scopes) -> OAuthResult<Vec<String>> {
        let mut included = Vec::new();
        for scope in scopes.all() {
            if let Scope::Include { set, service } = scope {
                included.extend(self.permission_set(set).await?.scopes(set, service.as_deref()));
            }
        }
        Ok(included)
    }

    /// A permission set, as its namespace publishes it.
    pub(crate) async fn permission_set(&self, name: &Nsid) -> OAuthResult<Arc<PermissionSet>> {
        if let Some(known) = self.guard.sets.get(name.as_str()) {
            return Ok(known);
        }
        let no = |why: String| OAuthError::new("invalid_scope", format!("the permission set {name}: {why}"));
        let authority = self.lexicon_authority(name).await.map_err(no)?;
        let document = self.document_of(&authority).await?;
        let pds = document
            .and_then(|document| document.pds())
            .ok_or_else(|| no("its publisher has no server".into()))?;
        let mut url = pds.join("/xrpc/com.atproto.repo.getRecord").map_err(|_| no("no address".into()))?;
        url.query_pairs_mut()
            .append_pair("repo", authority.as_str())
            .append_pair("collection", "com.atproto.lexicon.schema")
            .append_pair("rkey", name.as_str());
        let answer = self.hub.fetcher().get(&url, HeaderMap::new(), LONGEST).await;
        let answer = answer.map_err(|why| no(why.to_string()))?;
        let json: Json =
            serde_json::from_slice(&answer.body).map_err(|_| no("its record is no JSON".into()))?;
        let set = json.get("value").and_then(|record| read(record, name));
        let set =
            Arc::new(set.filter(|_| answer.status.is_success()).ok_or_else(|| no("there is none".into()))?);
        self.guard.sets.insert(name.to_string(), set.clone());
        Ok(set)
    }

    /// Who publishes the lexicons of a namespace: `_lexicon.AUTHORITY` in the DNS.
    async fn lexicon_authority(&self, name: &Nsid) -> Result<Did, String> {
        let texts = self.texts_of(&format!("_lexicon.{}", name.authority())).await?;
        let mut dids = texts.iter().filter_map(|text| Did::parse(text.strip_prefix("did=")?).ok());
        match (dids.next(), dids.next()) {
            (Some(did), None) => Ok(did),
            (None, _) => Err("its namespace names no publisher".into()),
            (Some(_), Some(_)) => Err("its namespace names several publishers".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_set_grants_its_own_namespace_alone() {
        let name = Nsid::parse("com.example.authBasic").unwrap();
        let record = json!({
            "lexicon": 1, "id": "com.example.authBasic",
            "defs": { "main": { "type": "permission-set", "title": "Basic", "permissions": [
                { "type": "permission", "resource": "repo", "collection": ["com.example.event", "com.example.calendar.rsvp"], "action": ["create"] },
                { "type": "permission", "resource": "repo", "collection": ["app.bsky.feed.post"] },
                { "type": "permission", "resource": "repo", "collection": ["com.examples.event"] },
                { "type": "permission", "resource": "repo", "collection": ["*"] },
                { "type": "permission", "resource": "repo", "collection": [] },
                { "type": "permission", "resource": "rpc", "lxm": ["com.example.getFeed"], "inheritAud": true },
                { "type": "permission", "resource": "rpc", "lxm": ["com.example.getOther"], "aud": "*" },
                { "type": "permission", "resource": "rpc", "lxm": ["com.example.getThird"], "aud": "did:web:evil.example#x" },
                { "type": "permission", "resource": "rpc", "lxm": ["*"], "inheritAud": true },
                { "type": "permission", "resource": "account", "attr": "email" },
                { "type": "permission", "resource": "identity", "attr": "*" },
                { "type": "permission", "resource": "blob", "accept": ["*/*"] },
                7,
            ] } },
        });
        let set = read(&record, &name).unwrap();
        assert_eq!(set.title.as_deref(), Some("Basic"));
        let service = "did:web:api.example.com#view";
        assert_eq!(
            set.scopes(&name, Some(service)),
            [
                "repo?collection=com.example.event&collection=com.example.calendar.rsvp&action=create",
                "rpc?lxm=com.example.getFeed&aud=did%3Aweb%3Aapi.example.com%23view",
                "rpc?lxm=com.example.getOther&aud=*",
            ]
        );
        assert_eq!(set.scopes(&name, None).len(), 2);
        assert!(read(&record, &Nsid::parse("com.example.authOther").unwrap()).is_none());
        assert!(
            read(&json!({ "id": "com.example.authBasic", "defs": { "main": { "type": "record" } } }), &name)
                .is_none()
        );
    }
}
