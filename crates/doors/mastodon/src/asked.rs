//! A request for a list about one thing: `/api/v1/THINGS/:id/LIST`.

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::FromRequestParts;
use http::{Uri, request::Parts};
use landbridge_hub::Page;
use landbridge_model::{Actor, Id};

/// Who asks, about what, and by which URL.
pub(crate) struct Asked {
    pub door: Door,
    pub auth: Auth,
    pub uri: Uri,
    pub id: Id,
}

impl FromRequestParts<Door> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Asked, ApiError> {
        let auth = Auth::from_request_parts(parts, door).await?;
        let At(id) = At::from_request_parts(parts, door).await?;
        Ok(Asked { door: door.clone(), auth, uri: parts.uri.clone(), id })
    }
}

impl Asked {
    pub fn params(&self) -> Params {
        Params::query(&self.uri)
    }

    /// The window that is asked for, of people.
    pub fn page(&self) -> Page {
        page(&self.params(), 40)
    }

    /// A page of people, each with the id to page by.
    pub async fn people(&self, found: &[(Id, Actor)]) -> Result<Answer, ApiError> {
        self.door.accounts(&self.uri, found).await
    }
}
