//! `GET /api/v1/statuses/:id/{reblogged_by,favourited_by}`: docs/methods/statuses#reblogged_by

use crate::{asked::Asked, error::ApiError, page::Answer};

pub(super) async fn reblogged(asked: Asked) -> Result<Answer, ApiError> {
    let reader = asked.auth.reader("read:statuses")?;
    asked.people(&asked.door.hub.reposted_by(asked.id, reader, asked.page()).await?).await
}

pub(super) async fn favourited(asked: Asked) -> Result<Answer, ApiError> {
    let reader = asked.auth.reader("read:statuses")?;
    asked.people(&asked.door.hub.liked_by(asked.id, reader, asked.page()).await?).await
}
