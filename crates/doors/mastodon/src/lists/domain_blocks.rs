//! `GET|POST|DELETE /api/v1/domain_blocks`: docs/methods/domain_blocks

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    Ok(Answer::one(&door.hub.domain_blocks(auth.member("read:blocks")?).await?))
}

pub(super) async fn post(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    set(&door, &auth, &params, true).await
}

pub(super) async fn delete(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    set(&door, &auth, &params, false).await
}

async fn set(door: &Door, auth: &Auth, params: &Params, on: bool) -> Result<Answer, ApiError> {
    let me = auth.member("write:blocks")?;
    let domain = params.required("domain")?.trim().to_lowercase();
    if domain.len() > 253 || domain.contains(|c: char| c.is_whitespace() || "/@?#\\".contains(c)) {
        return Err(ApiError::invalid("domain is not a valid domain name"));
    }
    door.hub.block_domain(me, &domain, on).await?;
    Ok(Answer::one(&json!({})))
}
