//! Members' own files: taken in before they are attached to a post or profile. A file is synced to disk before the row
//! that names it is written.

use crate::{Hub, HubError};
use bytes::Bytes;
use landbridge_media::Purpose;
use landbridge_model::{Id, Media, Picture, Time};
use landbridge_store::entities::media::{self, MediaRow};

/// Longest alternative text, in characters.
const MAX_DESCRIPTION: usize = 10_000;
/// State of a file that its owner took back.
const DROPPED: i64 = 2;

impl Hub {
    /// Takes in a file. [`HubError::Invalid`] says in words why one is refused.
    pub async fn upload(&self, member: Id, bytes: Bytes, description: &str) -> Result<Media, HubError> {
        let mut media = self.media().ingest(bytes, Purpose::Attachment).await.map_err(refused)?;
        media.id = self.ids().next();
        media.description = described(description);
        let row =
            MediaRow { owner: member, post: None, media: media.clone(), state: 0, created_at: Time::now() };
        self.store().write(media::insert(&row)).await?;
        Ok(media)
    }

    /// A file of the member.
    pub async fn uploaded(&self, member: Id, id: Id) -> Result<Media, HubError> {
        Ok(self.upload_row(member, id).await?.media)
    }

    /// Changes the alternative text (`None`: as it is) or where to look (x, y from -1.0 to 1.0).
    pub async fn describe_upload(
        &self,
        member: Id,
        id: Id,
        description: Option<&str>,
        focus: Option<(f32, f32)>,
    ) -> Result<Media, HubError> {
        let MediaRow { mut media, state, .. } = self.upload_row(member, id).await?;
        if let Some(text) = description {
            media.description = described(text);
        }
        if let Some((x, y)) = focus {
            media.meta.focus = Some((x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0)));
        }
        self.store().write(media::update(member, &media, state)).await?;
        Ok(media)
    }

    /// Takes a file back that hangs on no post. Its row and the file itself go with the next sweep.
    pub async fn drop_upload(&self, member: Id, id: Id) -> Result<(), HubError> {
        let row = self.upload_row(member, id).await?;
        if row.post.is_some() {
            return Err(HubError::invalid("this file belongs to a post"));
        }
        self.store().write(media::update(member, &row.media, DROPPED)).await?;
        Ok(())
    }

    /// Takes in an avatar or header; the result goes into [`Hub::set_profile`].
    pub async fn profile_picture(
        &self,
        bytes: Bytes,
        purpose: Purpose,
        description: &str,
    ) -> Result<Picture, HubError> {
        let media = self.media().ingest(bytes, purpose).await.map_err(refused)?;
        let description = described(description).unwrap_or_default();
        Ok(Picture { file: media.file, remote_url: None, description })
    }

    async fn upload_row(&self, member: Id, id: Id) -> Result<MediaRow, HubError> {
        let mut row = self.store().row(media::by_id(id)).await?.ok_or(HubError::NotFound)?;
        let row = MediaRow::read(&mut row)?;
        if row.owner == member && row.state != DROPPED { Ok(row) } else { Err(HubError::NotFound) }
    }
}

fn described(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_DESCRIPTION).collect();
    (!text.is_empty()).then_some(text)
}

pub(crate) fn refused(e: landbridge_media::Error) -> HubError {
    match e {
        landbridge_media::Error::Refused(why) => HubError::Invalid(why.to_string()),
        e if e.is_full() => HubError::DiskFull,
        e => {
            tracing::error!(error = %e, "a file could not be taken in");
            HubError::Damaged("a file could not be taken in")
        }
    }
}
