//! Where a thing is: its copies on the networks and its deliveries.

use crate::{CopyKind, CopyState, Hub, HubError};
use bytes::Bytes;
use landbridge_model::{Id, Network, Time};

/// A thing's identity on a network.
#[derive(Clone, Debug)]
pub struct Copy {
    pub network: Network,
    pub native_id: String,
    pub kind: CopyKind,
    /// The post, repost, reaction, follow...
    pub object: Id,
    pub actor: Id,
    pub version: Option<String>,
    pub url: Option<String>,
    pub state: CopyState,
}

/// One line of the delivery record.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    pub id: Id,
    pub network: Network,
    pub destination: String,
    pub host: String,
    pub act: String,
    /// `waiting`, `delivered`, `refused`, `gone`, `unknown`, `given up`, `dropped`.
    pub state: &'static str,
    pub attempts: u32,
    pub next_at: Time,
    pub answer: Option<String>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

impl Hub {
    /// The thing with that native id, if it is known here.
    pub async fn copy(&self, network: Network, native_id: &str) -> Result<Option<Copy>, HubError> {
        unbuilt!(network, native_id)
    }

    /// All copies of a thing.
    pub async fn copies(&self, kind: CopyKind, object: Id) -> Result<Vec<Copy>, HubError> {
        unbuilt!(kind, object)
    }

    /// The living copy of a thing on one network.
    pub async fn copy_on(&self, kind: CopyKind, object: Id, network: Network) -> Result<Option<Copy>, HubError> {
        unbuilt!(kind, object, network)
    }

    /// Wire bytes of a copy, opened when sealed.
    pub async fn original(&self, network: Network, native_id: &str) -> Result<Option<Bytes>, HubError> {
        unbuilt!(network, native_id)
    }

    /// Where a post of the member went: its deliveries (edits and deletes too), newest first.
    pub async fn deliveries(&self, member: Id, post: Id) -> Result<Vec<DeliveryRecord>, HubError> {
        unbuilt!(member, post)
    }

    /// Every destination that this thing was ever sent to on a network: whom a delete must reach.
    pub async fn sent_to(&self, network: Network, object: Id) -> Result<Vec<crate::Destination>, HubError> {
        unbuilt!(network, object)
    }

    /// Notes that a server fetched a post signed.
    pub async fn note_fetcher(&self, network: Network, post: Id, destination: &str) -> Result<(), HubError> {
        unbuilt!(network, post, destination)
    }
}
