//! `GET /api/v1/instance`: docs/entities/V1_Instance

use super::{configuration, open, owner, streaming};
use crate::{
    CLAIMED,
    door::Door,
    entities::{Account, NO_HEADER, Show},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;
use landbridge_hub::Registrations;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>) -> Result<Answer, ApiError> {
    let hub = &door.hub;
    let config = hub.config();
    let (owner, counts, known) = (owner(hub).await?, hub.member_counts().await?, hub.known_counts().await?);
    let show = Show::people(&door, None, &owner).await?;
    Ok(Answer::one(&json!({
        "uri": config.account_domain,
        "title": config.title,
        "short_description": config.description,
        "description": config.description,
        "email": config.contact,
        "version": CLAIMED,
        "urls": { "streaming_api": streaming(hub) },
        "stats": { "user_count": counts.all, "status_count": known.posts, "domain_count": known.domains },
        "thumbnail": config.url(NO_HEADER),
        "languages": [],
        "registrations": open(hub),
        "approval_required": false,
        "invites_enabled": config.registrations == Registrations::Invite,
        "configuration": configuration(hub).await?,
        "contact_account": owner.as_ref().map(|a| Account::new(&show, a)),
        "rules": [],
    })))
}
