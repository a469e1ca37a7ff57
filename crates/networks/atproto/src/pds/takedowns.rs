//! Single records and blobs of members that the operator has taken down. The repository stays whole, as its signature wants it,
//! and so does the tree that relays read; but the record and the blob are served to nobody by themselves, and posts are not
//! shown here.

use super::{XrpcError, XrpcResult};
use crate::{network::AtProto, repository::StoredRecord, syntax::Did};
use landbridge_hub::{CopyKind, HubError};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::{atproto_blobs, atproto_takedowns};
use std::collections::HashSet;

impl AtProto {
    /// What the operator calls the takedown of a record (COLLECTION/RKEY) or blob (CID); `None`: it is served.
    pub(crate) async fn takedown(&self, actor: Id, subject: &str) -> Result<Option<String>, HubError> {
        let row = self.hub.store().row(atproto_takedowns::one(actor, subject)).await?;
        Ok(row.map(|mut row| row.get(0)).transpose()?)
    }

    /// Fails for what is taken down.
    pub(crate) async fn is_up(&self, actor: Id, subject: &str, error: XrpcError) -> XrpcResult<()> {
        match self.takedown(actor, subject).await? {
            Some(_) => Err(error),
            None => Ok(()),
        }
    }

    /// All that is taken down of a member.
    pub(crate) async fn takedowns(&self, actor: Id) -> Result<HashSet<String>, HubError> {
        let rows = self.hub.store().rows(atproto_takedowns::of_actor(actor)).await?;
        rows.into_iter().map(|mut row| Ok(row.get(0)?)).collect()
    }

    /// Leaves out of a page of records what is taken down.
    pub(crate) async fn without_takedowns(
        &self,
        actor: Id,
        collection: &str,
        records: &mut Vec<StoredRecord>,
    ) -> Result<(), HubError> {
        let down = self.takedowns(actor).await?;
        if !down.is_empty() {
            records.retain(|record| !down.contains(&format!("{collection}/{}", record.rkey)));
        }
        Ok(())
    }

    /// Takes a record or blob down, or lifts that. A post goes with its record, and with the files in it.
    pub(crate) async fn take_down(
        &self,
        (actor, did): (Id, &Did),
        subject: &str,
        reference: Option<&str>,
    ) -> Result<(), HubError> {
        let change = match reference {
            Some(reference) => atproto_takedowns::put(actor, subject, reference, Time::now()),
            None => atproto_takedowns::lift(actor, subject),
        };
        self.hub.store().write(change).await?;
        let mut paths = vec![subject.to_owned()];
        for mut row in self.hub.store().rows(atproto_blobs::named_by(actor, subject)).await? {
            paths.push(row.get(0)?);
        }
        for path in paths {
            let copy = self.hub.copy(Network::AtProto, &format!("at://{did}/{path}")).await?;
            if let Some(copy) = copy.filter(|copy| copy.kind == CopyKind::Post) {
                let hidden = self.is_anything_down(actor, &path).await?;
                self.hub.hide_post(copy.object, hidden).await?;
            }
        }
        Ok(())
    }

    /// Whether a record or a file in it is taken down.
    async fn is_anything_down(&self, actor: Id, path: &str) -> Result<bool, HubError> {
        let down = self.takedowns(actor).await?;
        let mut named = Vec::new();
        for mut row in self.hub.store().rows(atproto_blobs::of_record(actor, path)).await? {
            named.push(row.get::<String>(0)?);
        }
        Ok(down.contains(path) || named.iter().any(|cid| down.contains(cid)))
    }
}
