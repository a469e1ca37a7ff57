//! `GET /api/v2/search`: docs/methods/search

use crate::{
    Both,
    auth::Auth,
    door::Door,
    entities::{Account, Show, Status, Tag, authors},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::{Router, extract::State, routing::get};
use http::Uri;
use landbridge_hub::reading::SearchOptions;
use serde::Serialize;

pub(crate) fn routes() -> Router<Door> {
    Router::new().both("/api/v2/search", get(search))
}

/// docs/entities/Search
#[derive(Serialize)]
struct Found<'a> {
    accounts: Vec<Account<'a>>,
    statuses: Vec<Status<'a>>,
    hashtags: Vec<Tag<'a>>,
}

/// `resolve` takes an address, a URL, an npub, a nevent, a NIP-05 name. Strangers only search what is here.
async fn search(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:search")?;
    let params = Params::query(&uri);
    let text = params.required("q")?;
    let kind = params.filled("type");
    if kind.is_some_and(|k| !matches!(k, "accounts" | "statuses" | "hashtags")) {
        return Err(ApiError::invalid("type is not included in the list"));
    }
    let wanted = |word: &str| kind.is_none_or(|k| k == word);
    let (resolve, offset) = (params.is("resolve"), params.number("offset").unwrap_or(0));
    if reader.is_none() && (resolve || offset > 0) {
        return Err(ApiError::unauthorized());
    }
    let options = SearchOptions {
        accounts: wanted("accounts"),
        posts: wanted("statuses"),
        tags: wanted("hashtags"),
        resolve,
        following: params.is("following"),
        author: params.id("account_id"),
        limit: params.number("limit").unwrap_or(20),
        offset,
    };
    let found = door.hub.search(reader, text, &options).await?;
    let mut people: Vec<_> = found.actors.iter().collect();
    found.posts.iter().for_each(|view| authors(view, &mut people));
    let show = Show::people(&door, reader, people).await?;
    Ok(Answer::one(&Found {
        accounts: found.actors.iter().map(|a| Account::new(&show, a)).collect(),
        statuses: found.posts.iter().map(|view| Status::new(&show, view)).collect(),
        hashtags: found.tags.iter().map(|name| Tag::new(&show, name)).collect(),
    }))
}
