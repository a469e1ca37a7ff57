//! Reading records of members.

use crate::{
    data::{Cid, Record},
    network::AtProto,
};
use bytes::Bytes;
use landbridge_hub::HubError;
use landbridge_model::Id;
use landbridge_store::{Row, entities::atproto_repos};

/// A record in a member's repository.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    pub rkey: String,
    pub cid: Cid,
    /// DAG-CBOR.
    pub bytes: Bytes,
}

impl StoredRecord {
    pub fn record(&self) -> Result<Record, HubError> {
        Record::decode(self.bytes.clone()).map_err(|_| HubError::Damaged("a record"))
    }

    fn read(row: &mut Row, rkey: String, first: usize) -> Result<StoredRecord, HubError> {
        let (cid, bytes): (Vec<u8>, Vec<u8>) = (row.get(first)?, row.get(first + 1)?);
        let cid = Cid::from_bytes(&cid).map_err(|_| HubError::Damaged("a record"))?;
        Ok(StoredRecord { rkey, cid, bytes: bytes.into() })
    }
}

impl AtProto {
    pub async fn record(
        &self,
        actor: Id,
        collection: &str,
        rkey: &str,
    ) -> Result<Option<StoredRecord>, HubError> {
        let Some(mut row) = self.hub.store().row(atproto_repos::record(actor, collection, rkey)).await? else {
            return Ok(None);
        };
        let (cid, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(2)?);
        let cid = Cid::from_bytes(&cid).map_err(|_| HubError::Damaged("a record"))?;
        Ok(Some(StoredRecord { rkey: rkey.to_owned(), cid, bytes: bytes.into() }))
    }

    /// A page of a collection. `cursor`: the key behind which it goes on; `upward`: from the oldest.
    pub async fn records(
        &self,
        actor: Id,
        collection: &str,
        cursor: Option<&str>,
        limit: i64,
        upward: bool,
    ) -> Result<Vec<StoredRecord>, HubError> {
        // Behind every key: keys are ASCII.
        const END: &str = "\u{7f}";
        let (above, below) = match (cursor, upward) {
            (Some(cursor), true) => (cursor, END),
            (Some(cursor), false) => ("", cursor),
            (None, _) => ("", END),
        };
        let rows = atproto_repos::records(actor, collection, above, below, limit, upward);
        let mut found = Vec::new();
        for mut row in self.hub.store().rows(rows).await? {
            let rkey = row.get(0)?;
            found.push(StoredRecord::read(&mut row, rkey, 1)?);
        }
        Ok(found)
    }
}
