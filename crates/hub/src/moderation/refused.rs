//! Files that were taken down are not taken in again: neither the bytes as they arrive, nor what would be kept of them.
//! (What holds when two things happen at once is the precondition of whatever names a file.)

use crate::{Hub, HubError};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use landbridge_model::Media;
use landbridge_store::{
    Change, Write,
    entities::{decisions, files},
};

impl Hub {
    /// Fails when these bytes were taken down.
    pub async fn check_bytes(&self, bytes: &Bytes) -> Result<(), HubError> {
        let bytes = bytes.clone();
        let hashed = tokio::task::spawn_blocking(move || digest(&SHA256, &bytes)).await;
        let hash = hashed.map_err(|_| HubError::Damaged("the hash of a file"))?;
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        match self.store().row(decisions::refused(&[hash])).await? {
            Some(_) => Err(HubError::taken_down()),
            None => Ok(()),
        }
    }

    /// The same for what is kept of a file: it is off the disk again when this fails. `fetched`: it was fetched to be shown.
    pub(crate) async fn check_kept(&self, media: &Media, fetched: bool) -> Result<(), HubError> {
        let names: Vec<&String> = [&media.file, &media.preview].into_iter().flatten().collect();
        let hashes: Vec<String> =
            names.iter().filter_map(|name| name.split('.').next().map(str::to_owned)).collect();
        if self.store().row(decisions::refused(&hashes)).await?.is_none() {
            return Ok(());
        }
        let doom = if fetched { files::doom_fetched } else { files::doom };
        let doomed: Vec<Change> = names.iter().map(|name| doom(name)).collect();
        self.store().write(Write::from(doomed)).await?;
        self.remove_doomed().await;
        Err(HubError::taken_down())
    }
}
