//! `GET /api/v1/accounts/search`: docs/methods/accounts#search

use crate::{
    auth::Auth,
    door::Door,
    entities::{Account, Show},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_hub::reading::SearchOptions;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:accounts")?;
    let params = Params::query(&uri);
    let options = SearchOptions {
        accounts: true,
        resolve: params.is("resolve"),
        following: params.is("following"),
        limit: params.number("limit").unwrap_or(40),
        offset: params.number("offset").unwrap_or(0),
        ..SearchOptions::default()
    };
    let found = door.hub.search(Some(me), params.text("q").unwrap_or_default(), &options).await?;
    let show = Show::people(&door, Some(me), &found.actors).await?;
    Ok(Answer::one(&found.actors.iter().map(|a| Account::new(&show, a)).collect::<Vec<_>>()))
}
