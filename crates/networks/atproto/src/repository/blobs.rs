//! Blobs: files that records name, kept by their content like all others.

use crate::{
    data::{BlobRef, Cid},
    network::AtProto,
};
use bytes::Bytes;
use landbridge_hub::HubError;
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change, Write, WriteError,
    entities::{
        atproto_blobs::{self, BlobRow},
        files,
    },
};
use std::time::Duration;

/// How long a blob that no record names is kept.
pub const UNUSED: Duration = Duration::from_secs(6 * 3600);
const BATCH: i64 = 100;

impl AtProto {
    pub async fn blob_row(&self, actor: Id, cid: &str) -> Result<Option<BlobRow>, HubError> {
        let row = self.hub.store().row(atproto_blobs::one(actor, cid)).await?;
        Ok(row.map(|mut row| BlobRow::read(&mut row)).transpose()?)
    }

    /// Whether a record names a blob.
    pub async fn is_named(&self, actor: Id, cid: &str) -> Result<bool, HubError> {
        Ok(self.hub.store().row(atproto_blobs::is_named(actor, cid)).await?.is_some())
    }

    /// Puts a blob down, byte for byte. On disk when this returns; the changes name it.
    pub async fn put_blob(
        &self,
        actor: Id,
        bytes: Bytes,
        mime: &str,
    ) -> Result<(BlobRow, Vec<Change>), HubError> {
        let cid = Cid::of_blob(&bytes);
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        self.hub.check_bytes(&bytes).await?;
        let file = self.hub.media().keep(bytes).await.map_err(full)?;
        let known = self.blob_row(actor, &cid.to_string()).await?;
        let id = known.map_or_else(|| self.hub.ids().next(), |row| row.id);
        let (mime, at) = (mime.to_owned(), Time::now());
        let row = BlobRow { id, actor, cid: cid.to_string(), mime, size, file, at };
        let mut changes = vec![atproto_blobs::put(&row)];
        changes.extend(files::hold(id, &row.file));
        Ok((row, changes))
    }

    /// What names a file of the member's that is there already as a blob.
    pub async fn name_blob(&self, actor: Id, blob: &BlobRef, file: &str) -> Result<Vec<Change>, HubError> {
        let cid = blob.cid.to_string();
        let known = self.blob_row(actor, &cid).await?;
        let (id, file) = match known {
            Some(row) => (row.id, row.file),
            None => (self.hub.ids().next(), file.to_owned()),
        };
        let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
        let row = BlobRow { id, actor, cid, mime: blob.mime_type.clone(), size, file, at: Time::now() };
        let mut changes = vec![atproto_blobs::put(&row)];
        changes.extend(files::hold(id, &row.file));
        Ok(changes)
    }

    /// Puts a blob down and writes it.
    pub async fn store_blob(&self, actor: Id, bytes: Bytes, mime: &str) -> Result<BlobRow, HubError> {
        for _ in 0..10 {
            let (row, changes) = self.put_blob(actor, bytes.clone(), mime).await?;
            match self.hub.store().write(changes).await {
                // The same content is being removed at this very moment.
                Err(WriteError::Precondition(files::GOING)) => {
                    tokio::time::sleep(Duration::from_millis(50)).await
                }
                Err(other) => return Err(other.into()),
                Ok(_) if self.hub.media().has(&row.file) => return Ok(row),
                Ok(_) => {}
            }
        }
        Err(HubError::Busy)
    }

    /// The bytes of a blob.
    pub async fn read_blob(&self, row: &BlobRow) -> Result<Bytes, HubError> {
        self.hub.media().read(&row.file).await.map_err(|_| HubError::NotFound)
    }

    /// Removes blobs that no record names, after a while.
    pub async fn sweep_blobs(&self) -> Result<(), HubError> {
        let before = Time::now().minus(UNUSED);
        for mut row in self.hub.store().rows(atproto_blobs::unused(before, BATCH)).await? {
            let row = BlobRow::read(&mut row)?;
            let mut write = Write::from(files::release(row.id));
            write.push(atproto_blobs::delete(row.id));
            self.hub.store().write(write).await?;
        }
        Ok(())
    }
}

fn full(error: landbridge_media::Error) -> HubError {
    if error.is_full() { HubError::DiskFull } else { HubError::Damaged("a file could not be put down") }
}
