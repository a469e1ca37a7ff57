//! `GET /api/v1/preferences`: docs/methods/preferences

use crate::{auth::Auth, door::Door, entities::visibility, error::ApiError, page::Answer};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    let settings = door.hub.member(auth.member("read:accounts")?).await?.settings;
    let language = Some(settings.language.as_str()).filter(|l| !l.is_empty());
    Ok(Answer::one(&json!({
        "posting:default:visibility": visibility(settings.visibility),
        "posting:default:sensitive": settings.sensitive,
        "posting:default:language": language,
        "reading:expand:media": settings.expand_media,
        "reading:expand:spoilers": settings.expand_warnings,
        "reading:autoplay:gifs": false,
    })))
}
