//! `GET /.well-known/nodeinfo` and `GET /nodeinfo/{2.0,2.1}` (NodeInfo; FEP-0151, FEP-2677).
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::Site;
use super::answer::No;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use landbridge_hub::Registrations;
use serde_json::{Value, json};

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
    let counts = site.hub.member_counts().await?;
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
            "users": {
                "total": counts.all, "activeMonth": counts.active_month, "activeHalfyear": counts.active_half_year,
            },
            "localPosts": counts.posts,
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
