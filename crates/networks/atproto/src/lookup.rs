//! Looking up people and posts elsewhere.

use crate::network::AtProto;
use landbridge_hub::{Hub, HubError, Incoming};

pub async fn resolve(_at: &AtProto, _hub: &Hub, _text: &str) -> Result<Vec<Incoming>, HubError> {
    Ok(Vec::new())
}

pub async fn fetch(_at: &AtProto, _hub: &Hub, _native_id: &str) -> Result<Vec<Incoming>, HubError> {
    Ok(Vec::new())
}

pub async fn thread(_at: &AtProto, _hub: &Hub, _native_id: &str) -> Result<Vec<Incoming>, HubError> {
    Ok(Vec::new())
}

pub async fn recent(_at: &AtProto, _hub: &Hub, _native_id: &str) -> Result<Vec<Incoming>, HubError> {
    Ok(Vec::new())
}
