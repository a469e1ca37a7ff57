//! Members' own files: taken in before they are attached to a post or profile. A file is synced to disk before the row
//! that names it is written.

use crate::{Hub, HubError};
use bytes::Bytes;
use landbridge_media::Purpose;
use landbridge_model::{Id, Media, Picture, Time};
use landbridge_store::{
    Write, WriteError,
    entities::{
        files,
        media::{self, MediaRow},
    },
};

/// Longest alternative text, in characters.
const MAX_DESCRIPTION: usize = 10_000;
/// How often a file is put down that is being removed by others at the same time.
const TRIES: u32 = 10;

impl Hub {
    /// Takes in a file. [`HubError::Invalid`] says in words why one is refused.
    pub async fn upload(&self, member: Id, bytes: Bytes, description: &str) -> Result<Media, HubError> {
        self.check_bytes(&bytes).await?;
        for _ in 0..TRIES {
            let mut media = self.media().ingest(bytes.clone(), Purpose::Attachment).await.map_err(refused)?;
            self.check_kept(&media, false).await?;
            media.id = self.ids().next();
            media.description = described(description);
            let row = MediaRow {
                owner: member,
                post: None,
                media: media.clone(),
                state: 0,
                created_at: Time::now(),
            };
            let names = [&media.file, &media.preview].into_iter().flatten();
            let mut write = Write::from(media::insert(&row));
            write.extend(names.clone().flat_map(|name| files::hold(media.id, name)));
            match self.store().write(write).await {
                // The same content was deleted elsewhere at this moment. Once that is done the file is put down again.
                Err(WriteError::Precondition(files::GOING)) => self.remove_doomed().await,
                Err(other) => return Err(other.into()),
                Ok(_) => {
                    if names.into_iter().any(|name| !self.media().has(name)) {
                        self.media().ingest(bytes, Purpose::Attachment).await.map_err(refused)?;
                    }
                    return Ok(media);
                }
            }
        }
        Err(HubError::Busy)
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

    /// Takes a file back that hangs on no post: it is gone at once.
    pub async fn drop_upload(&self, member: Id, id: Id) -> Result<(), HubError> {
        if self.upload_row(member, id).await?.post.is_some() {
            return Err(HubError::invalid("this file belongs to a post"));
        }
        let mut write = Write::from(media::take_back(id, member));
        write.extend(files::release(id));
        self.store().write(write).await?;
        self.remove_doomed().await;
        Ok(())
    }

    /// Takes in an avatar or header; the result goes into [`Hub::set_profile`].
    pub async fn profile_picture(
        &self,
        bytes: Bytes,
        purpose: Purpose,
        description: &str,
    ) -> Result<Picture, HubError> {
        self.check_bytes(&bytes).await?;
        let media = self.media().ingest(bytes, purpose).await.map_err(refused)?;
        self.check_kept(&media, false).await?;
        let description = described(description).unwrap_or_default();
        Ok(Picture { file: media.file, remote_url: None, description })
    }

    async fn upload_row(&self, member: Id, id: Id) -> Result<MediaRow, HubError> {
        let mut row = self.store().row(media::by_id(id)).await?.ok_or(HubError::NotFound)?;
        let row = MediaRow::read(&mut row)?;
        if row.owner == member { Ok(row) } else { Err(HubError::NotFound) }
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
