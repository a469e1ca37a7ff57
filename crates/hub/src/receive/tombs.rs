//! Tombstones: keyed hashes of what was deleted or undone.
//!
//! A hash of a native id alone closes that id for everybody; it is written only when the owner of the thing was checked.
//! What is taken back before it was ever seen is closed for its sender alone, or anybody could close others' ids.
//!
//! Some servers give every like of one post, or every follow of one person, the same id (snac, Takahe). Where that is
//! usual, taking back such an act closes its id up to that moment only, and with it: times of signatures are whole
//! seconds, and what is sent again within one must not come back.

use crate::{Hub, HubError, reading::Copy};
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

/// An act that was here and is taken back at that moment.
fn taken_back(hub: &Hub, network: Network, id: &str) -> Vec<u8> {
    hub.keyed_hash(&format!("taken back {} {id}", network.key()))
}

/// Closes the id of an act that was here. Its owner must have been checked.
pub(super) fn close(hub: &Hub, act: &Copy, at: Time) -> Change {
    close_id(hub, act.network, &act.native_id, at)
}

/// The same by the id.
pub(super) fn close_id(hub: &Hub, network: Network, id: &str, at: Time) -> Change {
    match hub.translator(network).is_ok_and(|translator| translator.reuses_ids()) {
        true => tombstones::put(taken_back(hub, network, id), at),
        false => tombstones::put(hub.keyed_hash(id), at),
    }
}

/// Moves the moment on up to which the id of an act is closed; `None` when no such act was here.
pub(super) async fn close_again(
    hub: &Hub,
    network: Network,
    id: &str,
    at: Time,
) -> Result<Option<Change>, HubError> {
    let hash = taken_back(hub, network, id);
    let known = hub.store().row(tombstones::find(hash.clone(), hash.clone())).await?.is_some();
    Ok(known.then(|| tombstones::put(hash, at)))
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
    let mut guards = Vec::with_capacity(3);
    if let Some(id) = id {
        guards.push(tombstones::forbid_either(hub.keyed_hash(id), by_id(hub, network, actor, id)));
    }
    if let (Some(id), Some(_)) = (id, act) {
        guards.push(tombstones::forbid_since(taken_back(hub, network, id), at));
    }
    if let Some((act, target)) = act {
        guards.push(tombstones::forbid_since(by_content(hub, network, actor, act, target), at));
    }
    guards
}
