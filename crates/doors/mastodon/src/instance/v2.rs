//! `GET /api/v2/instance`: docs/entities/Instance

use super::{configuration, open, owner, streaming};
use crate::{
    CLAIMED,
    door::Door,
    entities::{Account, NO_HEADER, Show},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>) -> Result<Answer, ApiError> {
    let hub = &door.hub;
    let config = hub.config();
    let (owner, counts) = (owner(hub).await?, hub.member_counts().await?);
    let show = Show::people(&door, None, &owner).await?;
    let mut configuration = configuration(hub).await?;
    if let Some(map) = configuration.as_object_mut() {
        map.insert(
            "urls".into(),
            json!({ "streaming": streaming(hub), "status": null, "about": config.url("/about"), "privacy_policy": null, "terms_of_service": null }),
        );
        map.insert("translation".into(), json!({ "enabled": false }));
        let everybody = json!({ "local": "public", "remote": "public" });
        let nobody = json!({ "local": "disabled", "remote": "disabled" });
        map.insert(
            "timelines_access".into(),
            json!({ "live_feeds": everybody, "hashtag_feeds": everybody, "trending_link_feeds": nobody }),
        );
    }
    Ok(Answer::one(&json!({
        "domain": config.account_domain,
        "title": config.title,
        "version": CLAIMED,
        "source_url": config.url("/about"),
        "description": config.description,
        "usage": { "users": { "active_month": counts.active_month } },
        "thumbnail": { "url": config.url(NO_HEADER), "blurhash": null, "description": "", "versions": {} },
        "icon": [],
        "languages": [],
        "configuration": configuration,
        "registrations": {
            "enabled": open(hub),
            "approval_required": false,
            "reason_required": false,
            "message": null,
            "min_age": null,
            "url": config.url("/signup"),
        },
        // Below the first one that tells clients of a function beyond 4.2.
        "api_versions": { "mastodon": 1 },
        "contact": { "email": config.contact, "account": owner.as_ref().map(|a| Account::new(&show, a)) },
        "rules": [],
    })))
}
