//! What an app says again: a like, repost, follow or block of whom or what there is one already takes its place, so that
//! taking it back leaves none. To the hub it is the same one under another name, and no other network hears of it.

use crate::{
    data::{Map, Record},
    network::AtProto,
    repo::{Block, Write},
    syntax::{Nsid, RecordKey},
    translate::place::{BLOCK, FOLLOW, LIKE, Place, REPOST},
};
use landbridge_hub::{CopyKind, HubError};
use landbridge_model::{Id, Network, Presence};
use landbridge_store::{
    Change, Query,
    entities::{blocks, copies, follows, posts, reactions},
};

/// Of the records that the hub does not know, or not yet, the newest so many are looked through.
const NEWEST: i64 = 100;

/// A place for a record: what goes for it, and what becomes of the hub's copies.
#[derive(Default)]
pub(super) struct Room {
    pub writes: Vec<Write>,
    pub changes: Vec<Change>,
}

/// Whom or what an act is about.
fn subject<'a>(collection: &str, fields: &'a Map) -> Option<&'a str> {
    match collection {
        FOLLOW | BLOCK => fields.text("subject"),
        LIKE | REPOST => fields.get("subject")?.as_map()?.text("uri"),
        _ => None,
    }
}

impl AtProto {
    /// Makes room for a record that is to be written under a key.
    pub(super) async fn room_for(
        &self,
        presence: &Presence,
        collection: &Nsid,
        rkey: &RecordKey,
        block: &Block,
    ) -> Result<Room, HubError> {
        let mut room = Room::default();
        let record = Record::decode(block.bytes.clone()).map_err(|_| HubError::Damaged("a record"))?;
        let Some(subject) = subject(collection.as_str(), record.fields()) else { return Ok(room) };
        let name = |rkey: &str| format!("at://{}/{collection}/{rkey}", presence.native_id);
        let known = self.known_acts(presence.actor, collection.as_str(), subject).await?;
        for (nth, earlier) in known.iter().enumerate() {
            room.changes.push(match nth {
                0 => {
                    let (to, version) = (name(rkey.as_str()), block.cid.to_string());
                    copies::rename(Network::AtProto, &name(earlier), &to, &version)
                }
                _ => copies::delete(Network::AtProto, &name(earlier)),
            });
        }
        let newest = self.newest_acts(presence.actor, collection.as_str(), subject).await?;
        let others = newest.into_iter().filter(|rkey| !known.contains(rkey)).collect::<Vec<_>>();
        for earlier in known.into_iter().chain(others) {
            let earlier = RecordKey::parse(&earlier).map_err(|_| HubError::Damaged("a record key"))?;
            room.writes.push(Write::Delete(collection.clone(), earlier));
        }
        Ok(room)
    }

    /// Keys of those among the newest records of a collection that are about somebody or something.
    async fn newest_acts(&self, member: Id, collection: &str, about: &str) -> Result<Vec<String>, HubError> {
        let newest = self.records(member, collection, None, NEWEST, false).await?.into_iter();
        let found = newest.filter(|stored| {
            stored.record().is_ok_and(|record| subject(collection, record.fields()) == Some(about))
        });
        Ok(found.map(|stored| stored.rkey).collect())
    }

    /// Keys of the records that are there and that the hub knows to be the member's act about somebody or something. One that
    /// was deleted, of which the hub has yet to hear, is left to that.
    async fn known_acts(&self, member: Id, collection: &str, about: &str) -> Result<Vec<String>, HubError> {
        let hub = &self.hub;
        let object = match collection {
            FOLLOW | BLOCK => hub.actor_by_native(Network::AtProto, about).await?.map(|actor| actor.id),
            _ => hub.copy(Network::AtProto, about).await?.map(|copy| copy.object),
        };
        let Some(object) = object else { return Ok(Vec::new()) };
        let (kind, acts): (CopyKind, Query) = match collection {
            FOLLOW => (CopyKind::Follow, follows::one(member, object)),
            BLOCK => (CopyKind::Block, blocks::one(member, object)),
            REPOST => (CopyKind::Repost, posts::repost_by(member, object)),
            _ => (CopyKind::Reaction, reactions::by_actor(object, member)),
        };
        let mut keys = Vec::new();
        for mut act in hub.store().rows(acts).await? {
            let copy = hub.copy_on(kind, act.get(0)?, Network::AtProto).await?;
            let Some(place) = copy.and_then(|copy| Place::parse(&copy.native_id)) else { continue };
            if place.collection == collection && self.record(member, collection, &place.rkey).await?.is_some()
            {
                keys.push(place.rkey);
            }
        }
        Ok(keys)
    }
}
