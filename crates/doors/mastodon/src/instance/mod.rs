//! `/api/v1/instance`, `/api/v2/instance` and what is beside them. docs/methods/instance

mod domain_blocks;
mod peers;
mod texts;
mod v1;
mod v2;

use crate::{Both, door::Door, page::Answer};
use axum::{Router, routing::get};
use landbridge_hub::{Hub, HubError, Registrations};
use landbridge_model::Actor;
use serde_json::{Value, json};

use crate::{
    profile::limits::{MAX_FIELD, MAX_FIELDS, MAX_NAME, MAX_NOTE},
    push::public_key,
    statuses::{POLL_LONGEST, POLL_SHORTEST},
};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .route("/health", get(async || Answer::one(&json!({ "status": "OK" }))))
        .both("/api/v1/instance", get(v1::get))
        .both("/api/v2/instance", get(v2::get))
        .both("/api/v1/instance/peers", get(peers::get))
        .both("/api/v1/instance/rules", get(async || Answer::empty()))
        .both("/api/v1/instance/activity", get(async || Answer::empty()))
        .both("/api/v1/instance/domain_blocks", get(domain_blocks::get))
        .both("/api/v1/instance/extended_description", get(texts::extended_description))
        .both("/api/v1/instance/translation_languages", get(async || Answer::one(&json!({}))))
}

/// Types of files that are taken.
const MIME_TYPES: [&str; 12] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "audio/mp4",
    "audio/ogg",
    "audio/mpeg",
    "audio/flac",
    "audio/wav",
];

/// The part of `configuration` that both versions have.
async fn configuration(hub: &Hub) -> Result<Value, HubError> {
    let limits = &hub.config().limits;
    Ok(json!({
        "accounts": {
            "max_featured_tags": 0,
            "max_pinned_statuses": 5,
            "max_display_name_length": MAX_NAME,
            "max_note_length": MAX_NOTE,
            "max_profile_fields": MAX_FIELDS,
            "profile_field_name_limit": MAX_FIELD,
            "profile_field_value_limit": MAX_FIELD,
        },
        "statuses": {
            "max_characters": limits.characters,
            "max_media_attachments": limits.media_per_post,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": MIME_TYPES,
            "description_limit": 10_000,
            "image_size_limit": limits.image_size,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": limits.video_size,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": limits.poll_options,
            "max_characters_per_option": limits.poll_option_characters,
            "min_expiration": POLL_SHORTEST,
            "max_expiration": POLL_LONGEST,
        },
        "vapid": { "public_key": public_key(hub).await? },
    }))
}

/// `wss://` for streaming; clients append the path.
fn streaming(hub: &Hub) -> String {
    let origin = hub.config().origin.as_str().trim_end_matches('/');
    origin.replacen("http", "ws", 1)
}

/// Whether anybody may sign up. Nobody can apply: where members are approved of, it is admins who invite them.
fn open(hub: &Hub) -> bool {
    hub.config().registrations == Registrations::Open
}

/// Who runs this server: shown as its contact.
async fn owner(hub: &Hub) -> Result<Option<Actor>, HubError> {
    Ok(hub.contact().await?.map(|member| member.actor))
}
