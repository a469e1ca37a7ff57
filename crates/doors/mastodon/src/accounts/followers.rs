//! `GET /api/v1/accounts/:id/{followers,following}`: docs/methods/accounts#followers

use crate::{asked::Asked, error::ApiError, page::Answer};

pub(super) async fn followers(asked: Asked) -> Result<Answer, ApiError> {
    match asked.hidden().await? {
        true => Ok(Answer::empty()),
        false => asked.people(&asked.door.hub.followers(asked.id, asked.page()).await?).await,
    }
}

pub(super) async fn following(asked: Asked) -> Result<Answer, ApiError> {
    match asked.hidden().await? {
        true => Ok(Answer::empty()),
        false => asked.people(&asked.door.hub.following(asked.id, asked.page()).await?).await,
    }
}

impl Asked {
    /// Whoever hides whom they know hides it from everybody else.
    async fn hidden(&self) -> Result<bool, ApiError> {
        let reader = self.auth.reader("read:accounts")?;
        Ok(self.door.hub.actor(self.id).await?.profile.hide_collections && reader != Some(self.id))
    }
}
