//! `GET /.well-known/nodeinfo` and `GET /nodeinfo/{2.0,2.1}` (NodeInfo; FEP-0151, FEP-2677).
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::Site;
use super::answer::No;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use landbridge_hub::Registrations;
use landbridge_model::Time;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn well_known(State(site): State<Site>) -> Response {
    let link = |version: &str| {
        json!({
            "rel": format!("http://nodeinfo.diaspora.software/ns/schema/{version}"),
            "href": site.urls.at(&format!("/nodeinfo/{version}")),
        })
    };
    let application = json!({
        "rel": "https://www.w3.org/ns/activitystreams#Application",
        "href": site.urls.instance_actor(),
    });
    json_response("application/json", &json!({"links": [link("2.0"), link("2.1"), application]}))
}

pub(super) async fn document(State(site): State<Site>, Path(version): Path<String>) -> Result<Response, No> {
    if version != "2.0" && version != "2.1" {
        return Err(No::NotFound);
    }
    let members = site.hub.members().await?;
    let active_since = |days: u64| {
        let since = Time::now().minus(Duration::from_secs(days * 86_400));
        members.iter().filter(|m| m.actor.last_post_at.is_some_and(|at| at > since)).count()
    };
    let posts: u64 = members.iter().map(|m| m.actor.posts).sum();
    let mut software = json!({"name": "landbridge", "version": env!("CARGO_PKG_VERSION")});
    if version == "2.1" {
        software["homepage"] = site.urls.at("/about").into();
    }
    let config = site.hub.config();
    let document = json!({
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": config.registrations == Registrations::Open,
        "usage": {
            "users": {"total": members.len(), "activeMonth": active_since(30), "activeHalfyear": active_since(180)},
            "localPosts": posts,
        },
        "metadata": {"nodeName": config.title, "nodeDescription": config.description},
    });
    let profile =
        format!("application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/{version}#\"");
    Ok(json_response(&profile, &document))
}

fn json_response(kind: &str, value: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::CACHE_CONTROL, "max-age=600"),
    ];
    (headers, serde_json::to_vec(value).unwrap_or_default()).into_response()
}
