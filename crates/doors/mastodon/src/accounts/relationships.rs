//! `GET /api/v1/accounts/{relationships,familiar_followers}`: docs/methods/accounts#relationships

use crate::{auth::Auth, door::Door, entities::Relationship, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use http::Uri;
use landbridge_model::Id;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:follows")?;
    let ids: Vec<Id> = Params::query(&uri).ids("id").into_iter().take(80).collect();
    let found = door.hub.relationships(me, &ids).await?;
    Ok(Answer::one(&found.into_iter().map(Relationship::from).collect::<Vec<_>>()))
}

/// Whom of those that the member follows also follow somebody: not worked out here, so nobody is named.
pub(super) async fn familiar_followers(auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    auth.member("read:follows")?;
    let ids = Params::query(&uri).ids("id");
    let nobody: Vec<_> = ids.iter().take(80).map(|id| json!({ "id": id, "accounts": [] })).collect();
    Ok(Answer::one(&nobody))
}
