//! A trial's own directory.

use crate::{
    identity::{
        DidDocument,
        plc::{LogEntry, Signed, check_next},
    },
    syntax::Did,
};
use landbridge_hub::{Hub, HubError};
use landbridge_model::Time;
use landbridge_store::entities::atproto_repos;

pub async fn register(hub: &Hub, did: &Did, operation: &Signed) -> Result<(), HubError> {
    let (log, now) = (log(hub, did).await?, Time::now());
    let places: Vec<usize> = (0..log.len()).filter(|at| log.get(*at).is_some_and(|e| !e.nullified)).collect();
    let chain: Vec<&LogEntry> = places.iter().filter_map(|at| log.get(*at)).collect();
    let kept = check_next(did, &chain, operation, now).map_err(|e| HubError::invalid(e.to_string()))?;
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (cid, json) = (operation.cid().to_string(), operation.to_json().to_string());
    let mut changes = Vec::new();
    if let Some(undone) = places.get(kept) {
        changes.push(atproto_repos::nullify_operations(did.as_str(), number(*undone)));
    }
    changes.push(atproto_repos::add_operation(did.as_str(), number(log.len()), &cid, &json, now));
    hub.store().write(changes).await?;
    Ok(())
}

pub async fn log(hub: &Hub, did: &Did) -> Result<Vec<LogEntry>, HubError> {
    let mut log = Vec::new();
    for mut row in hub.store().rows(atproto_repos::operations(did.as_str())).await? {
        let json: String = row.get(0)?;
        let operation = serde_json::from_str(&json).ok().and_then(|json| Signed::from_json(&json).ok());
        let operation = operation.ok_or(HubError::Damaged("an operation of a DID"))?;
        log.push(LogEntry { operation, nullified: row.get(1)?, created_at: row.get(2)? });
    }
    Ok(log)
}

pub async fn document(hub: &Hub, did: &Did) -> Result<Option<DidDocument>, HubError> {
    let log = log(hub, did).await?;
    let last = log.iter().rev().find(|entry| !entry.nullified);
    Ok(last.and_then(|entry| entry.operation.operation.data()).map(|data| data.document(did.clone())))
}
