//! Tombstones: keyed hashes of what was deleted or undone.
//!
//! A hash of a native id alone closes that id for everybody; it is written only when the owner of the thing was checked.
//! What is taken back before it was ever seen is closed for its sender alone, or anybody could close others' ids.

use crate::Hub;
use landbridge_model::{Network, Time};
use landbridge_store::{Change, entities::tombstones};

/// Whom an erasure is about: an identity on a network.
pub(crate) fn subject(hub: &Hub, network: Network, native_id: &str) -> Vec<u8> {
    hub.keyed_hash(&format!("subject {} {native_id}", network.key()))
}

/// A thing of that sender with that id.
pub(super) fn by_id(hub: &Hub, network: Network, actor: &str, id: &str) -> Vec<u8> {
    hub.keyed_hash(&format!("id {} {actor} {id}", network.key()))
}

/// An act of that sender, named by what it was: for undos that give no id.
pub(super) fn by_content(hub: &Hub, network: Network, actor: &str, act: &str, target: &str) -> Vec<u8> {
    hub.keyed_hash(&format!("act {} {actor} {act} {target}", network.key()))
}

/// Neither the id nor (up to that moment) the act itself may have been taken back.
pub(super) fn guard(
    hub: &Hub,
    network: Network,
    actor: &str,
    id: Option<&str>,
    act: Option<(&str, &str)>,
    at: Time,
) -> Vec<Change> {
    let mut guards = Vec::with_capacity(2);
    if let Some(id) = id {
        guards.push(tombstones::forbid_either(hub.keyed_hash(id), by_id(hub, network, actor, id)));
    }
    if let Some((act, target)) = act {
        guards.push(tombstones::forbid_since(by_content(hub, network, actor, act, target), at));
    }
    guards
}
