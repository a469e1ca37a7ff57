//! The directory of `did:plc` (<https://web.plc.directory/spec/v0.1/did-plc>): where members' DIDs are registered and
//! everybody's documents are found. A trial has one of its own, in its database, and asks no other.

mod here;
mod remote;
mod routes;

pub use routes::router;

use crate::{
    identity::{
        DidDocument,
        plc::{LogEntry, PlcData, Signed},
    },
    network::AtProto,
    syntax::Did,
};
use landbridge_hub::HubError;

/// Documents and logs longer than this, in bytes, are not read.
const MOST_BYTES: usize = 1 << 20;

impl AtProto {
    /// Has an operation registered. When this returns, the directory has taken it.
    pub async fn register(&self, did: &Did, operation: &Signed) -> Result<(), HubError> {
        match &self.options.directory {
            Some(url) => remote::register(&self.hub, url, did, operation).await,
            None => here::register(&self.hub, did, operation).await,
        }
    }

    /// The whole log of a DID, checked; empty when nobody has registered it.
    pub async fn plc_log(&self, did: &Did) -> Result<Vec<LogEntry>, HubError> {
        let log = match &self.options.directory {
            Some(url) => remote::log(&self.hub, url, did).await?,
            None => here::log(&self.hub, did).await?,
        };
        if !log.is_empty() {
            crate::identity::plc::check_log(did, &log).map_err(|e| HubError::Remote(e.to_string()))?;
        }
        Ok(log)
    }

    /// What is registered now, and the operation that says so; `None` when there is none, or the DID has ended.
    pub async fn plc_data(&self, did: &Did) -> Result<Option<(PlcData, Signed)>, HubError> {
        let last = self.plc_log(did).await?.into_iter().rev().find(|entry| !entry.nullified);
        Ok(last.and_then(|entry| Some((entry.operation.operation.data()?, entry.operation))))
    }

    /// The document of a `did:plc`.
    pub async fn plc_document(&self, did: &Did) -> Result<Option<DidDocument>, HubError> {
        match &self.options.directory {
            Some(url) => remote::document(&self.hub, url, did).await,
            None => here::document(&self.hub, did).await,
        }
    }
}
